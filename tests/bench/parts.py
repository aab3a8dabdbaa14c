"""Runs micro benchmarks out of bench_parts."""

import json
import os
import subprocess

from load import BenchError
from support.server import binary_path


def program():
    default = os.path.join(os.path.dirname(binary_path()), "tests", "bench", "bench_parts")
    return os.environ.get("BENCH_PARTS", default)


def run(names, *options, folder=None, variables=None):
    """By name, the results of each of the benchmarks `names`, run in `folder`."""
    path = os.path.abspath(program())
    if not os.path.exists(path):
        raise BenchError(f"{path} is not there: ./dev bench builds it, or set BENCH_PARTS")
    pattern = "|".join(f"^{name}$" for name in names)
    command = [path, f"--benchmark_filter={pattern}", "--benchmark_format=json", *options]
    environment = {**os.environ, **(variables or {})}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=folder, env=environment
    )
    found = json.loads(done.stdout)["benchmarks"]
    if failed := [b for b in found if b.get("error_occurred")]:
        raise BenchError(f"{failed[0]['name']}: {failed[0]['error_message']}")
    return {
        name: [b for b in found if b["name"] == name and b["run_type"] == "iteration"]
        for name in names
    }
