"""The page that says which tables are read is what the server answers today."""

import os

import pytest
import testdata

if testdata.shared_is_absent():
    pytest.skip("the larger collection is not there", allow_module_level=True)

import report  # noqa: E402


def test_page_of_tables_is_not_stale(recipient, server, pytestconfig):
    if pytestconfig.getoption("tenth", False) or server.place.root != server.place.work:
        pytest.skip("the page is about all tables, read from this machine")
    with open(report.PAGE, encoding="utf-8") as file:
        told = file.read()
    remedy = os.path.relpath(report.__file__, testdata.REPOSITORY)
    assert told == report.render(recipient), f"write it anew: .venv/bin/python {remedy}"
