"""Every readable table through the real Python client, in both formats: the rows are the
expected."""

import datetime
import functools
import json

import pytest
import testdata
from support import rows
from testdata import DELTA, PARQUET

delta_sharing = pytest.importorskip("delta_sharing")

READABLE = [t for t in testdata.of_kind("readable") if t.has_rows]
BOTH = "both"

# What the stock client itself cannot do, by table and format. Each entry must still be needed: the
# test of an excepted table that passes is a failure. test_other_readers.py reads these tables.
EXCEPTIONS = {
    ("dat-multi_partitioned", PARQUET): "refuses a table that is partitioned by a binary column",
    (
        "table_with_edge_timestamps",
        BOTH,
    ): "turns times past the year 2262 into nanoseconds, which overflow",
    ("void-column", BOTH): "does not know the type void",
}


def case(table, response_format):
    reason = exception_of(table, response_format)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(table, response_format, marks=marks, id=f"{response_format}-{table}")


def exception_of(table, response_format):
    return EXCEPTIONS.get((table.name, response_format)) or EXCEPTIONS.get((table.name, BOTH))


every_case = pytest.mark.parametrize(
    "table,response_format", [case(t, f) for t in READABLE for f in t.formats]
)


def load(profile, table, response_format, **options):
    url = f"{profile}#acceptance.{table.collection}.{table.shared_name}"
    return delta_sharing.load_as_pandas(url, use_delta_format=response_format == DELTA, **options)


def lines_of(frame, table):
    return rows.lines_of_frame(
        frame, table.expected["schema"], table.expected["column_stats"], table.skips
    )


def test_list_all_tables_finds_every_table(profile):
    client = delta_sharing.SharingClient(profile)
    found = {(t.share, t.schema, t.name) for t in client.list_all_tables()}
    assert found == {("acceptance", t.collection, t.shared_name) for t in testdata.TABLES}


@every_case
def test_rows(profile, table, response_format):
    cached = lines_of_parquet if response_format == PARQUET else lines_of_delta
    lines = cached(profile, table)
    assert len(lines) == table.expected["rows"]
    assert rows.hash_of_lines(lines) == table.expected["rows_sha256"]


@pytest.mark.parametrize("table", [t for t in READABLE if t.features], ids=str)
def test_client_finds_the_format_out(profile, table):
    """Without being told a format it asks /metadata, and gets delta where parquet will not do."""
    if exception_of(table, DELTA):
        return
    url = f"{profile}#acceptance.{table.collection}.{table.shared_name}"
    assert len(delta_sharing.load_as_pandas(url)) == table.expected["rows"]
    with pytest.raises(Exception, match="Unsupported Delta Table Properties"):
        load(profile, table, PARQUET)


@functools.cache
def lines_of_parquet(profile, table):
    return lines_of(load(profile, table, PARQUET), table)


@functools.lru_cache(maxsize=8)
def lines_of_delta(profile, table):
    return lines_of(load(profile, table, DELTA), table)


@every_case
def test_rows_with_limit(profile, table, response_format):
    limit = min(2, table.expected["rows"])
    frame = load(profile, table, response_format, limit=limit)
    assert len(frame) == limit
    if limit == 0:
        load(
            profile, table, response_format
        )  # so that an exception for this table is tested all the same
    check_is_part_of_table(lines_of(frame, table), profile, table)


@every_case
def test_rows_with_json_predicate_hint(profile, table, response_format):
    """Pruning may leave rows that do not fit, but never loses one that does."""
    column, delta_type, value = hint_of(table)
    if column is None:
        frame = load(profile, table, response_format, jsonPredicateHints="{}")
        assert sorted(lines_of(frame, table)) == sorted(all_lines(profile, table))
        return
    frame = load(
        profile, table, response_format, jsonPredicateHints=equal_hint(column, delta_type, value)
    )
    found = lines_of(frame, table)
    check_is_part_of_table(found, profile, table)
    at = column_names(table).index(column)
    fitting = [line for line in found if line.split("\t")[at] == value]
    wanted = [line for line in all_lines(profile, table) if line.split("\t")[at] == value]
    assert sorted(fitting) == sorted(wanted)


def all_lines(profile, table):
    """The table's rows, by the format in which the client reads it."""
    if PARQUET in table.formats and not exception_of(table, PARQUET):
        lines = lines_of_parquet(profile, table)
    elif not exception_of(table, DELTA):
        lines = lines_of_delta(profile, table)
    else:
        pytest.fail("the client cannot read this table in either format")
    assert rows.hash_of_lines(lines) == table.expected["rows_sha256"]
    return lines


def check_is_part_of_table(lines, profile, table):
    left = {}
    for line in all_lines(profile, table):
        left[line] = left.get(line, 0) + 1
    for line in lines:
        left[line] = left.get(line, 0) - 1
        assert left[line] >= 0, f"a row that the table does not have: {line}"


HINT_TYPES = {"long": "long", "integer": "int", "string": "string", "date": "date"}


def hint_of(table):
    """A column with a known minimum to ask for, partition columns first."""
    fields = {f["name"]: f["type"] for f in table.fields}
    for name in table.expected["partition_columns"] + list(fields):
        least = table.expected["column_stats"].get(name, {}).get("min")
        if isinstance(fields[name], str) and fields[name] in HINT_TYPES and least is not None:
            return name, fields[name], str(least)
    return None, None, None


def equal_hint(column, delta_type, value):
    if delta_type == "date":
        value = (datetime.date(1970, 1, 1) + datetime.timedelta(days=int(value))).isoformat()
    elif delta_type == "string":
        value = (
            value.replace("\\n", "\n")
            .replace("\\r", "\r")
            .replace("\\t", "\t")
            .replace("\\\\", "\\")
        )
    kind = HINT_TYPES[delta_type]
    return json.dumps(
        {
            "op": "equal",
            "children": [
                {"op": "column", "name": column, "valueType": kind},
                {"op": "literal", "value": value, "valueType": kind},
            ],
        }
    )


def column_names(table):
    """The columns of a line of text."""
    return [f["name"] for f in table.fields if f["name"] not in table.skips]
