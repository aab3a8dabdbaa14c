"""Tables that the server must not answer: broken ones, and those that need a newer reader. And
those that readers dispute."""

import pytest
import testdata
import wire


@pytest.mark.parametrize("table", testdata.of_kind("refused"), ids=str)
def test_broken_table_is_refused_without_showing_the_inside(recipient, table):
    answers = [recipient.query(table, f) for f in wire.FORMATS]
    if table.expected.get("because") != "path":  # there the metadata is sound, only a file is not
        answers.append(recipient.metadata(table, wire.PARQUET))
    for answer in answers:
        assert 400 <= answer.status < 600, answer.text
        message = answer.error()["message"]
        assert "_delta_log" not in message and "/delta" not in message
        assert answer.headers["x-request-id"]


@pytest.mark.parametrize("table", testdata.of_kind("newer"), ids=str)
def test_table_of_a_newer_reader_is_refused_by_name(recipient, table):
    protocol = table.expected["protocol"]
    unknown = set(protocol.get("readerFeatures") or []) - testdata.READ_BY_SERVER
    names = unknown or {str(protocol["minReaderVersion"])}
    answers = [recipient.query(table, f) for f in wire.FORMATS]
    answers.append(recipient.metadata(table, wire.PARQUET))
    for answer in answers:
        assert answer.status == 400, answer.text
        assert answer.error()["errorCode"] == "UNSUPPORTED_OPERATION"
        assert any(name in answer.error()["message"] for name in names), answer.text


# What each gets; docs/decisions/021-where-readers-differ.md says why.
EMPTY, REFUSED = 200, 500
DISPUTED = {
    "canonicalized-paths-normal-a": EMPTY,
    "canonicalized-paths-special-a": EMPTY,
    "deltalog-commit-info": REFUSED,
    "null_constraints_lists": REFUSED,
}


@pytest.mark.parametrize("table", testdata.of_kind("disputed"), ids=str)
def test_table_that_readers_dispute(recipient, table):
    for answer in [recipient.query(table, f) for f in wire.FORMATS]:
        assert answer.status == DISPUTED[table.name], answer.text
        if answer.status == EMPTY:
            assert answer.version == table.expected["latest_version"]
            assert answer.objects == [] and answer.metadata["numFiles"] == 0
        else:
            assert answer.error()["errorCode"] == "INTERNAL_ERROR"
