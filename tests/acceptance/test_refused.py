"""Tables that the server must not answer: broken ones, and those that need a newer reader."""

import pytest
import testdata
import wire
from conftest import TOKEN


def error_of(response):
    body = response.json()
    assert set(body) >= {"errorCode", "message"}
    assert response.headers["content-type"].startswith("application/json")
    return body


@pytest.mark.parametrize("table", testdata.of_kind("refused"), ids=str)
def test_broken_table_is_refused_without_showing_the_inside(server, table):
    responses = [wire.post_query(server, table, TOKEN, f) for f in (wire.PARQUET, wire.DELTA)]
    if table.expected.get("because") != "path":  # there the metadata is sound, only a file is not
        responses.append(wire.get_metadata(server, table, TOKEN))
    for response in responses:
        assert 400 <= response.status_code < 600, response.text
        message = error_of(response)["message"]
        assert "_delta_log" not in message and "/delta" not in message
        assert response.headers["x-request-id"]


@pytest.mark.parametrize("table", testdata.of_kind("newer"), ids=str)
def test_table_of_a_newer_reader_is_refused_by_name(server, table):
    names = table.reader_features or {str(table.reader_version)}
    for response in (
        wire.post_query(server, table, TOKEN, wire.PARQUET),
        wire.post_query(server, table, TOKEN, wire.DELTA),
        wire.get_metadata(server, table, TOKEN),
    ):
        assert response.status_code == 400, response.text
        error = error_of(response)
        assert error["errorCode"] == "UNSUPPORTED_OPERATION"
        assert any(name in error["message"] for name in names), error["message"]


@pytest.mark.parametrize("table", testdata.of_kind("disputed"), ids=str)
def test_table_that_readers_dispute_gets_a_clear_answer(server, table):
    response = wire.post_query(server, table, TOKEN, wire.PARQUET)
    assert response.status_code in (200, 400, 403, 500)
    if response.status_code != 200:
        error_of(response)
