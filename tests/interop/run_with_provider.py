#!/usr/bin/env python3
"""Starts an identity provider and runs a program with its address in its environment.

usage: tests/interop/run_with_provider.py PROGRAM [ARGUMENT...]

It ends with the program's exit code; what the provider wrote is shown if that is not 0.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
sys.dont_write_bytecode = True

from support.identity_provider import IdentityProvider  # noqa: E402

LOG_TAIL_CHARS = 2000


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="sluice-identity-") as folder:
        with IdentityProvider(os.path.join(folder, "provider")) as provider:
            variables = {
                "SLUICE_TEST_IDENTITY_PROVIDER": provider.issuer,
                "SLUICE_TEST_IDENTITY_PROVIDER_SECRET": provider.secret,
            }
            code = subprocess.call(sys.argv[1:], env={**os.environ, **variables})
        if code != 0:
            print(provider.log()[-LOG_TAIL_CHARS:], file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
