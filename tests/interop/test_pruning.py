"""Random tables by a real writer, random predicates: hints never hide a file that has a fitting row.

The truth is DuckDB's, over all rows of the table. Seeds are fixed, so a failure can be repeated.
"""

import datetime
import decimal
import io
import json
import math
import random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from support.caller import TIMEOUT_S, caller_of

deltalake = pytest.importorskip("deltalake")

TABLE = "/shares/pruning/schemas/default/tables/random"
TABLES, PREDICATES = 6, 60
COUNTRIES = ["NL", "DE", "Ñ", "a b", "x/y", "", None]
JSON_TYPES = {"n": "long", "x": "double", "s": "string", "d": "date", "c": "string"}


def random_rows(random_of, count):
    def maybe(value):
        return None if random_of.random() < 0.15 else value

    base = random_of.randrange(-50, 50)
    floats = [float("nan"), -0.0, 0.0, math.inf, -math.inf, 1e300]
    return {
        "n": [maybe(base + random_of.randrange(20)) for _ in range(count)],
        "x": [
            maybe(random_of.choice(floats) if random_of.random() < 0.1 else random_of.gauss(base, 5))
            for _ in range(count)
        ],
        "s": [
            maybe(random_of.choice("abcxyzÄ\U0001f600") * random_of.randrange(1, 40))
            for _ in range(count)
        ],
        "d": [
            maybe(datetime.date(2024, 1, 1) + datetime.timedelta(days=base + random_of.randrange(9)))
            for _ in range(count)
        ],
        "m": [maybe(decimal.Decimal(base * 100 + random_of.randrange(999)) / 100) for _ in range(count)],
        "c": [random_of.choice(COUNTRIES)] * count,
    }


SCHEMA = pa.schema(
    [
        ("n", pa.int64()),
        ("x", pa.float64()),
        ("s", pa.string()),
        ("d", pa.date32()),
        ("m", pa.decimal128(10, 2)),
        ("c", pa.string()),
    ]
)


def write_random_table(folder, random_of):
    for _ in range(8):
        rows = pa.table(random_rows(random_of, random_of.randrange(1, 30)), schema=SCHEMA)
        deltalake.write_deltalake(str(folder), rows, mode="append", partition_by=["c"])
    if random_of.random() < 0.5:
        deltalake.DeltaTable(str(folder)).create_checkpoint()


def literal_of(column, random_of):
    """The same value for SQL and for a JSON hint."""
    number = random_of.randrange(-60, 60)
    if column == "n":
        return str(number), str(number)
    if column == "x":
        return f"{number}.25", f"{number}.25"
    if column == "m":
        return f"{number}.50", None
    if column == "d":
        day = datetime.date(2024, 1, 1) + datetime.timedelta(days=number)
        return f"DATE '{day}'", str(day)
    text = random_of.choice(["a", "ccc", "NL", "Ñ", "a b", "x/y", "zzzz", "\U0001f600"])
    return f"'{text}'", text


OPERATORS = {"=": "equal", "<": "lessThan", "<=": "lessThanOrEqual", ">": "greaterThan"}
OPERATORS[">="] = "greaterThanOrEqual"


def random_predicate(random_of, depth=0):
    """SQL text and the JSON hint that says the same; the latter is None where there is none."""
    kind = random_of.random()
    if depth < 3 and kind < 0.45:
        parts = [random_predicate(random_of, depth + 1) for _ in range(random_of.randrange(2, 4))]
        word = random_of.choice(["AND", "OR"])
        hints = [hint for _, hint in parts]
        hint = None if None in hints else {"op": word.lower(), "children": hints}
        return "(" + f" {word} ".join(sql for sql, _ in parts) + ")", hint
    if depth < 3 and kind < 0.6:
        sql, hint = random_predicate(random_of, depth + 1)
        return f"(NOT {sql})", hint and {"op": "not", "children": [hint]}
    column = random_of.choice(["n", "x", "s", "d", "m", "c"])
    leaf = {"op": "column", "name": column, "valueType": JSON_TYPES.get(column)}
    if kind < 0.7:
        hint = {"op": "isNull", "children": [leaf]} if column in JSON_TYPES else None
        return f"({column} IS NULL)", hint
    sql, value = literal_of(column, random_of)
    operator = random_of.choice(list(OPERATORS))
    if value is None:
        return f"({column} {operator} {sql})", None
    literal = {"op": "literal", "value": value, "valueType": JSON_TYPES[column]}
    return f"({column} {operator} {sql})", {"op": OPERATORS[operator], "children": [leaf, literal]}


def rows_with_file_ids(caller):
    """Every row of the table with the id of its file."""
    return pa.concat_tables([read_file(file) for file in caller.files(TABLE)])


def read_file(file):
    content = requests.get(file["url"], timeout=TIMEOUT_S).content
    table = pq.read_table(io.BytesIO(content))
    # An empty partition value is null. Source: Delta PROTOCOL.md, "Partition Value Serialization".
    country = file["partitionValues"]["c"] or None
    table = table.append_column("c", pa.array([country] * len(table), pa.string()))
    table = table.append_column("id", pa.array([file["id"]] * len(table), pa.string()))
    return table.select(["n", "x", "s", "d", "m", "c", "id"]).cast(
        pa.schema([*SCHEMA, ("id", pa.string())])
    )


def fitting_files(rows, sql):
    assert isinstance(rows, pa.Table)
    return {row[0] for row in duckdb.sql(f"SELECT DISTINCT id FROM rows WHERE {sql}").fetchall()}


@pytest.mark.parametrize("seed", range(TABLES))
def test_hints_hide_no_file_with_a_fitting_row(launch, tmp_path, seed):
    random_of = random.Random(seed)
    write_random_table(tmp_path / "pruning" / "random", random_of)
    caller = caller_of(launch(tmp_path / "pruning"))
    rows = rows_with_file_ids(caller)
    skipped = 0
    for _ in range(PREDICATES):
        sql, hint = random_predicate(random_of)
        wanted = fitting_files(rows, sql)
        bodies = [{"predicateHints": [sql]}]
        if hint is not None:
            bodies.append({"jsonPredicateHints": json.dumps(hint)})
        for body in bodies:
            listed = {file["id"] for file in caller.files(TABLE, body)}
            assert wanted <= listed, f"seed {seed}: {body} hides {len(wanted - listed)} files"
            skipped += len(set(rows["id"].to_pylist())) - len(listed)
    assert skipped > 0, "no hint skipped anything: the test proves nothing"
