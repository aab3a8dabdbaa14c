"""Every version of every table that can still be loaded, by its number and by its time."""

import datetime
import json

import pytest
import testdata
import wire

# A time is looked up among the commits behind the last hole: before it nobody knows what is missing.
HOLES = {"errlog-table_b": 7}
VERSIONED = [t for t in testdata.of_kind("readable") if t.expected.get("per_version")]


def is_loadable(known):
    return "error" not in known


@pytest.mark.parametrize("table", VERSIONED, ids=str)
def test_every_version(recipient, table):
    for text, known in table.expected["per_version"].items():
        version = int(text)
        answer = recipient.query(table, wire.DELTA, version=version)
        if is_loadable(known):
            check_version(recipient, table, version, known, answer)
        else:
            assert answer.status == 400, answer.text
            assert f"Cannot load table version {version}" in answer.error()["message"]
    beyond = recipient.query(table, wire.DELTA, version=table.expected["latest_version"] + 1)
    assert beyond.status == 400, beyond.text


def check_version(recipient, table, version, known, answer):
    assert answer.status == 200, answer.text
    check_files(version, known, answer)
    metadata = recipient.metadata(table, wire.DELTA, version=version)
    assert (metadata.lines, metadata.version) == (answer.head, version)
    assert (answer.metadata["size"], answer.metadata["numFiles"]) == (
        known["bytes"],
        known["files"],
    )
    check_parquet(recipient, table, version, known, answer)
    for timestamp in {f["timestamp"] for f in answer.files}:
        at_that_time = recipient.query(table, wire.DELTA, timestamp=iso(timestamp))
        if version < HOLES.get(table.name, 0):
            assert at_that_time.status == 400, at_that_time.text
            continue
        assert at_that_time.version == version
        assert [wire.without_signature(line) for line in at_that_time.lines[2:]] == [
            wire.without_signature(line) for line in answer.lines[2:]
        ]


def check_files(version, known, answer):
    assert answer.version == version
    assert len(answer.files) == known["files"] == len(answer.objects)
    assert sum(f["size"] for f in answer.files) == known["bytes"]
    assert {f["version"] for f in answer.files} <= {version}
    assert len({f["timestamp"] for f in answer.files}) <= 1
    assert all(isinstance(f["timestamp"], int) for f in answer.files)
    counts = [live_rows(f) for f in answer.files]
    if known["rows"] is not None and None not in counts:
        assert sum(counts) == known["rows"]


def live_rows(file):
    """By the statistics; None if they do not say."""
    count = json.loads(file["stats"] or "{}").get("numRecords")
    return None if count is None else count - (file["vector"] or {}).get("cardinality", 0)


def check_parquet(recipient, table, version, known, in_delta):
    """The features of that version decide, not those of the latest."""
    features = testdata.features_in_force(
        in_delta.protocol["deltaProtocol"],
        in_delta.metadata["deltaMetadata"].get("configuration") or {},
        any(f["vector"] for f in in_delta.files),
    )
    answer = recipient.query(table, wire.PARQUET, version=version)
    if features:
        assert answer.status == 400, answer.text
        assert answer.error()["errorCode"] == "UNSUPPORTED_OPERATION"
    else:
        assert answer.status == 200, answer.text
        check_files(version, known, answer)


def iso(timestamp_ms):
    moment = datetime.datetime.fromtimestamp(timestamp_ms // 1000, datetime.timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{timestamp_ms % 1000:03d}Z"
