"""Part of the run: how many links one core signs, by each store's own scheme."""

import parts
from report import Row

# By the names of the micro benchmarks. The last are links to the server itself.
SCHEMES = {
    "SignS3Url/token_bytes:0": ("S3, a key that lasts", 500_000),
    "SignS3Url/token_bytes:800": ("S3, a role's session", 500_000),
    "SignAzureSas": ("Azure, a SAS for each blob", None),
    "SignGoogleUrl": ("Google, by a service account's key", None),
    "AppendFileUrl": ("Sluice's own, to be handed on", None),
}


def measure(_):
    options = "--benchmark_min_time=0.2", "--benchmark_repetitions=3"
    found = parts.run(SCHEMES, *options)
    for name, (what, goal) in SCHEMES.items():
        seconds = min(one["cpu_time"] for one in found[name]) / 1e9
        yield Row(what, "/s", 1 / seconds, cpu_ms=seconds * 1e3, above=goal)
