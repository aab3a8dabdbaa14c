"""Every row of the acceptance list has tests that name it, and README.md tells which."""

import ast
import os
import re

from support.server import REPOSITORY

ROWS = (
    "S-B01 S-B02 S-B03 S-B04 S-B05 S-B06 S-B07 S-B14 S-B20 S-B22 S-C01 S-C02 "
    "S-D01 S-D02 S-D03 S-D04 S-D05 S-J03 S-N03"
).split()
TESTS = os.path.join(REPOSITORY, "tests")


def documented():
    """{row: tests}, as the page has them."""
    with open(os.path.join(TESTS, "governance", "README.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| (S-[A-Z]\d\d) \| (.*) \|$", file.read(), re.M)
    assert len(rows) == len(dict(rows)), "a row stands once"
    return {row: tests.split(", ") for row, tests in rows}


def named():
    """{row: tests}, as their docstrings have them."""
    found = {}
    for folder in ("fleet", "governance", "interop"):
        for name in sorted(os.listdir(os.path.join(TESTS, folder))):
            if not (name.startswith("test_") and name.endswith(".py")):
                continue
            with open(os.path.join(TESTS, folder, name), encoding="utf-8") as file:
                module = ast.parse(file.read())
            for function in module.body:
                if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                    for row in re.findall(r"S-[A-Z]\d\d", ast.get_docstring(function) or ""):
                        found.setdefault(row, []).append(f"{folder}/{name}::{function.name}")
    return found


def test_every_row_has_tests_that_name_it():
    page, tests = documented(), named()
    assert list(page) == ROWS
    for row in ROWS:
        missing = set(page[row]) - set(tests.get(row, []))
        assert not missing, f"{row}: no test of that name says that it proves it: {missing}"
        untold = set(tests[row]) - set(page[row])
        assert not untold, f"{row}: README.md does not tell of {untold}"
