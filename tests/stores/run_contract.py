#!/usr/bin/env python3
"""Starts all four stores and runs a program with their addresses in its environment.

usage: tests/stores/run_contract.py PROGRAM [ARGUMENT...]

It ends with the program's exit code. README.md names the variables. The stores are empty but for
one bucket each, and gone when the program has ended; what they wrote is shown if it failed.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
sys.dont_write_bytecode = True

from support.stores import all_stores  # noqa: E402

BUCKET = "sluice-test"
LOG_TAIL_CHARS = 2000


def s3_variables(prefix, store):
    return {
        prefix: store.endpoint,
        prefix + "_KEY": store.access_key,
        prefix + "_SECRET": store.secret_key,
        prefix + "_REGION": store.region,
        prefix + "_BUCKET": BUCKET,
    }


def variables(stores):
    azurite, google = stores["azurite"], stores["fake_gcs"]
    return {
        **s3_variables("SLUICE_TEST_S3", stores["minio"]),
        **s3_variables("SLUICE_TEST_S3_OTHER", stores["versitygw"]),
        "SLUICE_TEST_AZURE": azurite.endpoint,
        "SLUICE_TEST_AZURE_ACCOUNT": azurite.account,
        "SLUICE_TEST_AZURE_KEY": azurite.key,
        "SLUICE_TEST_AZURE_BUCKET": BUCKET,
        "SLUICE_TEST_GCS": google.endpoint,
        "SLUICE_TEST_GCS_BUCKET": BUCKET,
    }


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="sluice-stores-") as folder:
        with all_stores(folder) as stores:
            for store in stores.values():
                store.create_bucket(BUCKET)
            code = subprocess.call(sys.argv[1:], env={**os.environ, **variables(stores)})
        if code != 0:
            for store in stores.values():
                print(f"== {store.name}\n{store.log()[-LOG_TAIL_CHARS:]}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
