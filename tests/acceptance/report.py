#!/usr/bin/env python3
"""Writes docs/reference/tables.md: what a server answers about each kind of table.

    .venv/bin/python tests/acceptance/report.py      with build/sluice, or SLUICE_BINARY

test_report.py fails if the page is stale. It needs the larger collection of tables.
"""

import collections
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import test_other_readers as others  # noqa: E402
import test_python_client as client  # noqa: E402
import testdata  # noqa: E402
import wire  # noqa: E402

PAGE = os.path.join(testdata.REPOSITORY, "docs", "reference", "tables.md")
INTRODUCTION = """\
# Which tables are read, and how

Written by `tests/acceptance/report.py` from what a server answered about the {count} tables of the
acceptance collection; a test fails when this page is stale. Numbers are tables.

- **delta**, **parquet**: `POST …/query` in this response format. "refused" is a 400 that says why:
  the files mean something else to a reader that takes them as they are, and a recipient has to ask
  for `responseformat=delta`.
- **changes**: `GET …/changes` of the range that is known, in either format.
- **rows checked by**: who read the rows of the answer and got the expected ones: the Python client
  (`delta-sharing`) in parquet and in delta format, `deltalake` and DuckDB. Tables whose data files
  are absent have none.
"""
COLUMNS = ("tables", "delta", "parquet", "changes", "rows checked by")


ORDER = ("read", "refused", "client (parquet)", "client (delta)", "deltalake", "DuckDB")


def place_of(word):
    return ORDER.index(word) if word in ORDER else len(ORDER)


def outcome_of(answer):
    if answer.status == 200:
        return "read"
    return "refused" if answer.status == 400 else f"error {answer.status}"


def readers_of(table):
    """Those who read its rows in the tests, by the tests' own lists of exceptions."""
    if table.kind != "readable" or table.expected["outcome"] != "ok":
        return []
    readers = []
    for response_format in table.formats if table.has_rows else ():
        excepted = client.exception_of(table, response_format)
        if not excepted:
            readers.append(f"client ({response_format})")
    excepted = table.name in others.EXCEPTIONS or table.expected["rows"] > others.MAX_ROWS
    if not excepted:
        readers.append("deltalake")
    if table.name in others.BY_DUCKDB:
        readers.append("DuckDB")
    return readers


class Row:
    """One line of a page's table: what the tables of a kind get."""

    def __init__(self):
        self.tables = 0
        self.cells = {column: collections.Counter() for column in COLUMNS[1:]}

    def add(self, table, recipient):
        self.tables += 1
        for response_format in (wire.DELTA, wire.PARQUET):
            answer = recipient.query(table, response_format)
            self.cells[response_format][outcome_of(answer)] += 1
        known = table.expected.get("cdf")
        if known:
            bounds = {"startingVersion": known["start"], "endingVersion": known["end"]}
            answers = [recipient.changes(table, f, **bounds) for f in wire.FORMATS]
            told = "read" if 200 in [a.status for a in answers] else outcome_of(answers[0])
            self.cells["changes"][told] += 1
        self.cells["rows checked by"].update(readers_of(table))

    def text(self, name):
        cells = [
            ", ".join(f"{counted[what]} {what}" for what in sorted(counted, key=place_of))
            for counted in self.cells.values()
        ]
        return " | ".join([f"| {name}", str(self.tables), *(c or "-" for c in cells)]) + " |"


def grouped(tables, names_of, recipient):
    """A Markdown table: one line for each name that `names_of` gives a table."""
    rows = collections.defaultdict(Row)
    for table in tables:
        for name in names_of(table):
            rows[name].add(table, recipient)
    head = ["| | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    return "\n".join(head + [rows[name].text(name) for name in sorted(rows, key=str.lower)])


def reader_features(table):
    if "protocol" not in table.expected:
        return ["(no protocol that can be read)"]
    protocol = table.expected["protocol"]
    listed = [f"`{f}`" for f in protocol.get("readerFeatures") or []]
    if protocol["minReaderVersion"] == 2 and "columnMapping" in table.features:
        listed = ["`columnMapping` (reader version 2)"]
    return listed or ["none"]


def refusals(tables, recipient):
    lines = ["| table | other readers | this server |", "|---|---|---|"]
    for table in tables:
        answer = recipient.query(table, wire.DELTA)
        note = table.expected.get("note") or ", ".join(table.expected["feature"])
        told = f"{len(answer.files)} files" if answer.status == 200 else answer.error()["message"]
        told = told.split(", request id")[0]
        lines.append(f"| {table.name} | {note} | {answer.status}: {told} |")
    return "\n".join(lines)


def render(recipient):
    tables = [t for t in testdata.TABLES if t.collection == "shared"]
    kinds = ("refused", "newer", "disputed")
    others_told = [t for kind in kinds for t in tables if t.kind == kind]
    return "\n".join(
        [
            INTRODUCTION.format(count=len(tables)),
            "## By reader feature of the protocol\n",
            grouped([t for t in tables if t.kind != "refused"], reader_features, recipient),
            "\n## By what a table is there to show\n",
            "The names are the collection's own.\n",
            grouped(tables, lambda table: table.expected["feature"], recipient),
            "\n## Refused, and disputed between readers\n",
            "`docs/decisions/021-where-readers-differ.md` says why.\n",
            refusals(others_told, recipient),
            "",
        ]
    )


def main():
    import conftest

    with tempfile.TemporaryDirectory() as work, conftest.server_of_all_tables(work) as server:
        page = render(wire.Recipient(server.endpoint, conftest.TOKEN))
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page)


if __name__ == "__main__":
    main()
