"""Part of the run: how many links one core signs, by each store's own scheme."""

import json
import os
import subprocess

from load import BenchError
from report import Row
from support.server import binary_path

# By the names of the micro benchmarks. The last are links to the server itself.
SCHEMES = {
    "SignS3Url/token_bytes:0": ("S3, a key that lasts", 500_000),
    "SignS3Url/token_bytes:800": ("S3, a role's session", 500_000),
    "SignAzureSas": ("Azure, a SAS for each blob", None),
    "SignGoogleUrl": ("Google, by a service account's key", None),
    "AppendFileUrl": ("Sluice's own, to be handed on", None),
}


def program():
    default = os.path.join(os.path.dirname(binary_path()), "tests", "bench", "bench_parts")
    return os.environ.get("BENCH_PARTS", default)


def measure(_):
    path = program()
    if not os.path.exists(path):
        raise BenchError(f"{path} is not there: ./dev bench builds it, or set BENCH_PARTS")
    names = "|".join(f"^{name}$" for name in SCHEMES)
    command = [path, f"--benchmark_filter={names}", "--benchmark_format=json"]
    command += ["--benchmark_min_time=0.2", "--benchmark_repetitions=3"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)["benchmarks"]
    for name, (what, goal) in SCHEMES.items():
        one = [b for b in found if b["run_name"] == name and b["run_type"] == "iteration"]
        seconds = min(b["cpu_time"] for b in one) / 1e9
        yield Row(what, "/s", 1 / seconds, cpu_ms=seconds * 1e3, above=goal)
