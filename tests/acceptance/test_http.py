"""Every readable table, over plain HTTP: the files, sizes, partition values and schema are the
expected, in each format that the table's features allow, and refused by name in the other."""

import json
import zlib
from urllib.parse import unquote, urlsplit

import pytest
import testdata
import wire
from support import rows
from support.server import fill_placeholders

READABLE = testdata.of_kind("readable")
every_readable_table = pytest.mark.parametrize("table", READABLE, ids=str)


def answer_or_refusal(answer, table, response_format):
    """The answer; None where the table's features forbid this format and it was refused."""
    if response_format in table.formats:
        assert answer.status == 200, answer.text
        assert answer.format == response_format
        return answer
    assert answer.status == 400, answer.text
    assert answer.error()["errorCode"] == "UNSUPPORTED_OPERATION"
    assert "Unsupported Delta Table Properties" in answer.error()["message"]
    return None


def known_files(server, table):
    """The expected files by path, as the copied table's log spells it."""
    files = table.expected.get("files") or []
    return {fill_placeholders(f["path"], server.place.of(table)): f for f in files}


@every_readable_table
def test_query_lists_the_live_files(server, recipient, table, response_format):
    expected = table.expected
    answer = answer_or_refusal(recipient.query(table, response_format), table, response_format)
    if answer is None:
        return
    assert answer.version == expected["latest_version"]
    assert len(answer.files) == expected["num_files"] == len(answer.objects)
    assert sum(f["size"] for f in answer.files) == expected["size_in_bytes"]
    known = known_files(server, table)
    facts = []
    for file in answer.files:
        path = wire.spelling_in_log(file, response_format, known)
        assert path is not None, "the id is no hash of the path: " + file["url"].split("?")[0]
        cardinality = file["vector"]["cardinality"] if file["vector"] else ""
        path = known[path]["path"] if path in known else path
        facts.append({"path": path, "size": file["size"], "cardinality": cardinality})
    wanted = expected.get("files_sha256") or rows.hash_of_files(expected["files"])
    assert rows.hash_of_files(facts) == wanted


@every_readable_table
def test_query_gives_partition_values_and_readable_urls(server, recipient, table, response_format):
    answer = answer_or_refusal(recipient.query(table, response_format), table, response_format)
    known = known_files(server, table)
    for fact in answer.files if answer else ():
        path = wire.spelling_in_log(fact, response_format, known)
        assert unquote(urlsplit(fact["url"]).path).endswith(unquote(path).rpartition("/")[2])
        assert set(fact["partitionValues"]) == table.partition_keys
        if path in known:
            assert fact["partitionValues"] == known[path]["partitionValues"]
            check_record_count(fact, known[path])
            if "deletionVector" in known[path]:
                check_vector(fact, known[path]["deletionVector"])


def check_record_count(fact, known):
    if fact["stats"] and known.get("numRecords") is not None:
        assert json.loads(fact["stats"])["numRecords"] == known["numRecords"]


def check_vector(fact, wanted):
    vector = fact["vector"]
    assert bool(vector) == bool(wanted)
    if vector:
        assert vector["cardinality"] == wanted["cardinality"]
        assert (vector["storageType"] == "i") == (wanted["storageType"] == "i")


@every_readable_table
def test_metadata_describes_the_table(recipient, table, response_format):
    answer = answer_or_refusal(recipient.metadata(table, response_format), table, response_format)
    if answer is None:
        return
    assert len(answer.lines) == 2
    assert answer.version == table.expected["latest_version"]
    assert answer.metadata["size"] == table.expected["size_in_bytes"]
    assert answer.metadata["numFiles"] == table.expected["num_files"]
    if response_format == wire.PARQUET:
        check_parquet_metadata(table, answer.protocol, answer.metadata)
    else:
        check_delta_metadata(
            table, answer.protocol["deltaProtocol"], answer.metadata["deltaMetadata"]
        )


def check_parquet_metadata(table, protocol, metadata):
    assert protocol == {"minReaderVersion": 1}
    assert metadata["id"] == table.expected["table_id"]
    assert metadata["partitionColumns"] == table.expected["partition_columns"]
    schema = json.loads(table.expected["schema"])
    assert json.loads(metadata["schemaString"]) == wire.reduced_schema(schema)


def check_delta_metadata(table, protocol, metadata):
    wanted = table.expected["protocol"]
    assert protocol["minReaderVersion"] == wanted["minReaderVersion"]
    assert protocol["minWriterVersion"] == wanted["minWriterVersion"]
    for features in ("readerFeatures", "writerFeatures"):
        told = set(wanted.get(features) or []) - testdata.OF_THE_LOG
        if wanted["minReaderVersion"] < 3:  # what is dropped concerns readers of features alone
            told = set(wanted.get(features) or [])
        assert set(protocol.get(features) or []) == told
    assert metadata["id"] == table.expected["table_id"]
    assert metadata["partitionColumns"] == table.expected["partition_columns"]
    assert metadata["configuration"] == table.expected["configuration"]
    assert json.loads(metadata["schemaString"]) == json.loads(table.expected["schema"])


@every_readable_table
def test_both_calls_serialise_the_metadata_alike(recipient, table, response_format):
    of_metadata = recipient.metadata(table, response_format)
    of_query = recipient.query(table, response_format, limitHint=0)
    assert of_metadata.head == of_query.head or of_query.status == of_metadata.status == 400


@every_readable_table
def test_features_decide_the_format(recipient, table):
    """A client that reads both gets parquet where it can be had. One that declares no features is
    refused by name what vectors or mapped columns would make it misread; of the rest it is told in
    the protocol line."""
    both = wire.CAPABILITIES[wire.DELTA].replace("=delta", "=delta,parquet")
    answer = recipient.query(table, None, capabilities=both)
    assert answer.status == 200, answer.text
    assert answer.format == table.formats[0]
    undeclared = recipient.query(table, None, capabilities="responseformat=delta")
    lacking = {f.lower() for f in table.features} & {"deletionvectors", "columnmapping"}
    assert undeclared.status == (400 if lacking else 200), undeclared.text
    assert not lacking or any(name in undeclared.error()["message"] for name in lacking)


@pytest.mark.parametrize("table", [t for t in READABLE if t.expected["outcome"] == "ok"], ids=str)
def test_first_file_can_be_fetched_whole(recipient, table):
    for file in recipient.query(table, wire.DELTA).files[:1]:
        response = recipient.fetch(file["url"])
        assert response.status_code == 200, response.text
        assert len(response.content) == file["size"]
        assert response.content[:4] == response.content[-4:] == b"PAR1"


@pytest.mark.parametrize("table", [t for t in READABLE if t.has_vectors], ids=str)
def test_deletion_vectors_can_be_fetched(recipient, table):
    """By their own URL, and as a client reads them: a range from the descriptor's offset on."""
    ids = {}
    for file in recipient.query(table, wire.DELTA).files:
        vector = file["vector"]
        if vector is None or vector["storageType"] == "i":
            continue
        assert vector["storageType"] == "p"
        ids.setdefault(vector["pathOrInlineDv"].split("?")[0], set()).add(file["vector_id"])
        check_bitmap(recipient, vector)
    assert all(len(same) == 1 and None not in same for same in ids.values())
    assert len({next(iter(same)) for same in ids.values()}) == len(ids)


def check_bitmap(recipient, vector):
    """Size, bitmap, checksum. Source: Delta PROTOCOL.md, "Deletion Vector File Storage Format"."""
    start, size = vector.get("offset") or 0, vector["sizeInBytes"]
    wanted = {"Range": f"bytes={start}-{start + size + 7}"}
    response = recipient.fetch(vector["pathOrInlineDv"], headers=wanted)
    assert response.status_code == 206, response.text
    framed = response.content
    assert len(framed) == size + 8
    assert int.from_bytes(framed[:4], "big") == size
    assert int.from_bytes(framed[-4:], "big") == zlib.crc32(framed[4:-4])
