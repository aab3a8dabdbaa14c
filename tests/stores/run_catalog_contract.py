#!/usr/bin/env python3
"""Starts PostgreSQL and runs programs, one after the other, with its URL in SLUICE_TEST_POSTGRES.

usage: tests/stores/run_catalog_contract.py PROGRAM [ARGUMENT...] [-- PROGRAM [ARGUMENT...]]...

It ends with the first exit code that is not 0. The server's log is shown if a program failed.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
sys.dont_write_bytecode = True

from support.postgres import temporary_postgres  # noqa: E402

LOG_TAIL_CHARS = 5000


def commands(arguments):
    result = [[]]
    for argument in arguments:
        if argument == "--":
            result.append([])
        else:
            result[-1].append(argument)
    return [command for command in result if command]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with temporary_postgres() as postgres:
        environment = {**os.environ, "SLUICE_TEST_POSTGRES": postgres.url}
        for command in commands(sys.argv[1:]):
            code = subprocess.call(command, env=environment)
            if code != 0:
                print(f"== PostgreSQL\n{postgres.log()[-LOG_TAIL_CHARS:]}", file=sys.stderr)
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
