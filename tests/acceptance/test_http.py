"""Every readable table, over plain HTTP: the files, sizes, partition values and schema are the
expected."""

import json
from urllib.parse import unquote, urlsplit

import pytest
import requests
import testdata
import wire
from conftest import TOKEN
from support import rows

FORMATS = [wire.PARQUET, wire.DELTA]
TABLE_DIR = "{{TABLE_DIR}}"


def known_files(server, table):
    """The expected files by path, as the copied table's log spells it."""
    files = table.expected.get("files") or []
    return {f["path"].replace(TABLE_DIR, server.folder_of(table)): f for f in files}


@pytest.fixture(params=FORMATS)
def response_format(request):
    return request.param


@pytest.mark.parametrize("table", testdata.of_kind("readable"), ids=str)
def test_query_lists_the_live_files(server, table, response_format):
    expected = table.expected
    response = wire.post_query(server, table, TOKEN, response_format)
    assert response.status_code == 200, response.text
    assert response.headers["delta-table-version"] == str(expected["latest_version"])
    _, _, files = wire.parse_lines(response)
    facts = [wire.file_facts(f, response_format) for f in files]
    assert len(facts) == expected["num_files"]
    assert sum(f["size"] for f in facts) == expected["size_in_bytes"]
    known = known_files(server, table)
    for fact in facts:
        path = wire.spelling_in_log(fact, response_format, known)
        assert path is not None, "the id is no hash of the path: " + fact["url"].split("?")[0]
        fact["path"] = path.replace(server.folder_of(table), TABLE_DIR)
    wanted = expected.get("files_sha256") or rows.hash_of_files(expected["files"])
    assert rows.hash_of_files(facts) == wanted


@pytest.mark.parametrize("table", testdata.of_kind("readable"), ids=str)
def test_query_gives_partition_values_and_readable_urls(server, table, response_format):
    _, metadata, files = wire.parse_lines(wire.post_query(server, table, TOKEN, response_format))
    known = known_files(server, table)
    for fact in (wire.file_facts(f, response_format) for f in files):
        path = wire.spelling_in_log(fact, response_format, known)
        decoded = unquote(path)
        assert unquote(urlsplit(fact["url"]).path).endswith(decoded.rpartition("/")[2])
        assert set(fact["partitionValues"]) == set(table.expected["partition_columns"])
        if path in known:
            assert fact["partitionValues"] == known[path]["partitionValues"]
            check_record_count(fact, known[path])


def check_record_count(fact, known):
    if fact["stats"] and known.get("numRecords") is not None:
        assert json.loads(fact["stats"])["numRecords"] == known["numRecords"]


@pytest.mark.parametrize("table", testdata.of_kind("readable"), ids=str)
def test_metadata_describes_the_table(server, table, response_format):
    response = wire.get_metadata(server, table, TOKEN, response_format)
    assert response.status_code == 200, response.text
    protocol, metadata, files = wire.parse_lines(response)
    assert files == []
    assert metadata["size"] == table.expected["size_in_bytes"]
    assert metadata["numFiles"] == table.expected["num_files"]
    if response_format == wire.PARQUET:
        check_parquet_metadata(table, protocol, metadata)
    else:
        check_delta_metadata(table, protocol["deltaProtocol"], metadata["deltaMetadata"])


def check_parquet_metadata(table, protocol, metadata):
    assert protocol == {"minReaderVersion": 1}
    assert metadata["id"] == table.expected["table_id"]
    assert metadata["partitionColumns"] == table.expected["partition_columns"]
    schema = json.loads(table.expected["schema"])
    assert json.loads(metadata["schemaString"]) == wire.reduced_schema(schema)


def check_delta_metadata(table, protocol, metadata):
    assert protocol["minReaderVersion"] == table.reader_version
    assert protocol["minWriterVersion"] == table.expected["protocol"]["minWriterVersion"]
    assert metadata["id"] == table.expected["table_id"]
    assert metadata["partitionColumns"] == table.expected["partition_columns"]
    assert metadata["configuration"] == table.expected["configuration"]
    assert json.loads(metadata["schemaString"]) == json.loads(table.expected["schema"])


@pytest.mark.parametrize("table", testdata.of_kind("readable"), ids=str)
def test_both_calls_serialise_the_metadata_alike(server, table, response_format):
    of_metadata = wire.get_metadata(server, table, TOKEN, response_format).content.split(b"\n")
    of_query = wire.post_query(
        server, table, TOKEN, response_format, {"limitHint": 0}
    ).content.split(b"\n")
    assert of_metadata[:2] == of_query[:2]


@pytest.mark.parametrize("table", [t for t in testdata.of_kind("readable") if t.has_rows], ids=str)
def test_first_file_can_be_fetched_whole(server, table):
    _, _, files = wire.parse_lines(wire.post_query(server, table, TOKEN, wire.PARQUET))
    if not files:
        return
    response = requests.get(files[0]["url"], timeout=wire.TIMEOUT_S)
    assert response.status_code == 200, response.text
    assert len(response.content) == files[0]["size"]
    assert response.content[:4] == response.content[-4:] == b"PAR1"
