"""Readers that know nothing of sharing read what an answer in delta format refers to: deltalake a
Delta table made of it, and DuckDB the files by their signed URLs where deltalake gives up."""

import glob
import json
import os

import pytest
import testdata
import wire
from support import rows

deltalake = pytest.importorskip("deltalake")
duckdb = pytest.importorskip("duckdb")
httpfs = pytest.importorskip("duckdb_extension_httpfs")
pyarrow = pytest.importorskip("pyarrow")

READABLE = [t for t in testdata.of_kind("readable") if t.expected["outcome"] == "ok"]
MAX_ROWS = 200_000  # a larger table is read by the Python client alone, as text is slow to make
# What deltalake 1.6.6 cannot read. Each entry must still be needed.
EXCEPTIONS = {
    "gen-type-widening": "deltalake does not read widened types",
    "table_with_edge_timestamps": "deltalake turns times past the year 2262 into nanoseconds",
    "type-widening": "deltalake does not read widened types",
    "variant-stats-no-checkpoint": "deltalake does not read shredded variants",
    "variant-stats-state-reconstruction": "deltalake does not read shredded variants",
}
BY_DUCKDB = {*EXCEPTIONS, "variant-basic", "void-column"}


def deltalake_case(table):
    reason = EXCEPTIONS.get(table.name)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(table, marks=marks, id=str(table))


def check(table, found):
    """Where the content is not known by a hash, the number of rows is."""
    assert len(found) == table.expected["rows"]
    if table.has_rows:
        lines = rows.lines_of_rows(found, table.expected["schema"], table.skips)
        assert rows.hash_of_lines(lines) == table.expected["rows_sha256"]


@pytest.mark.parametrize(
    "table", [deltalake_case(t) for t in READABLE if (t.expected["rows"] or 0) <= MAX_ROWS]
)
def test_rows_as_deltalake_reads_them(recipient, table, tmp_path):
    answer = recipient.query(table, wire.DELTA)
    save_as_delta_table(recipient, answer, str(tmp_path))
    query = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(tmp_path)))
    check(table, pyarrow.table(query.execute("select * from t").read_all()).to_pylist())


def save_as_delta_table(recipient, answer, folder):
    """A table of one commit: the files and vectors are fetched and named by their ids."""
    actions = [
        {"protocol": answer.protocol["deltaProtocol"]},
        {"metaData": answer.metadata["deltaMetadata"]},
    ]
    for _, file in answer.objects:
        add = json.loads(json.dumps(file["deltaSingleAction"]["add"]))
        add["path"] = save(recipient, add["path"], folder, file["id"] + ".parquet")
        vector = add.get("deletionVector")
        if vector and vector["storageType"] == "p":
            name = save(
                recipient, vector["pathOrInlineDv"], folder, file["deletionVectorFileId"] + ".bin"
            )
            vector["pathOrInlineDv"] = "file://" + os.path.join(folder, name)
        actions.append({"add": add})
    os.mkdir(os.path.join(folder, "_delta_log"))
    log = os.path.join(folder, "_delta_log", "0".zfill(20) + ".json")
    with open(log, "w", encoding="utf-8") as commit:
        commit.writelines(json.dumps(action) + "\n" for action in actions)


def save(recipient, url, folder, name):
    response = recipient.fetch(url)
    assert response.status_code == 200, response.text
    with open(os.path.join(folder, name), "wb") as file:
        file.write(response.content)
    return name


@pytest.fixture(scope="module")
def connection():
    folder = os.path.dirname(httpfs.__file__)
    extension = os.path.join(folder, "extensions", "*", "httpfs.duckdb_extension")
    with duckdb.connect() as connected:
        connected.execute(f"LOAD '{glob.glob(extension)[0]}'")
        connected.execute("SET TimeZone = 'UTC'")
        yield connected


@pytest.mark.parametrize("table", [t for t in READABLE if t.name in BY_DUCKDB], ids=str)
def test_rows_as_duckdb_reads_them(recipient, connection, table):
    """Each file by itself, its columns cast to the table's types: that is what widening is."""
    found = []
    for file in recipient.query(table, wire.DELTA).files:
        assert file["vector"] is None
        if not table.has_rows:
            found += rows_of(connection, file["url"], ["1"])
            continue
        has = {
            name
            for name, *_ in connection.execute(
                "SELECT name FROM parquet_schema(?)", [file["url"]]
            ).fetchall()
        }
        columns = [column_of(f, file, has) for f in table.fields if f["name"] not in table.skips]
        found += rows_of(connection, file["url"], columns)
    check(table, found)


DUCKDB_TYPES = {"byte": "tinyint", "short": "smallint", "long": "bigint", "string": "varchar"}
DUCKDB_TYPES |= {"timestamp": "timestamp", "timestamp_ntz": "timestamp", "binary": "blob"}


def column_of(field, file, has):
    name, delta_type = field["name"], field["type"]
    value = f'"{name}"' if name in has else "NULL"
    if name in file["partitionValues"]:
        text = file["partitionValues"][name]
        value = "NULL" if text is None else "'" + text.replace("'", "''") + "'"
    return f'CAST({value} AS {DUCKDB_TYPES.get(delta_type, delta_type)}) AS "{name}"'


def rows_of(connection, url, columns):
    query = connection.execute(f"SELECT {', '.join(columns)} FROM read_parquet(?)", [url])
    names = [column[0] for column in query.description]
    return [dict(zip(names, row)) for row in query.fetchall()]
