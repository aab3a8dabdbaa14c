"""What recipients get when a store answers wrongly: never a wrong answer, and the log says why."""

import pytest
from support.lake import files_of, version_of
from support.meddler import Meddler
from test_sluice import check_unavailable, prefix_of

KINDS = ["minio", "azurite", "fake_gcs"]  # one for each way to speak to a store
ELEMENT = {"minio": "Contents", "azurite": "Blob"}


@pytest.fixture
def meddler(store):
    with Meddler(store.port) as running:
        yield running


@pytest.fixture
def server(store, table, serve, meddler):
    """One that reaches the store through the meddler, and asks three times at most."""
    variables = {
        name: value.replace(f"{store.host}:{store.port}", f"{store.host}:{meddler.port}")
        for name, value in store.client_environment().items()
    }
    said = {"name": "brief", "prefix": prefix_of(store, table.bucket), "maxAttempts": 3}
    return serve({"t": table.location}, variables, stores=[said])


def is_read(answer):
    """Whether it is the content of an object, which Google's JSON interface names otherwise."""
    return answer.is_for("00000000000000000001.json")


each_kind = pytest.mark.parametrize("store", KINDS, indirect=True)
each_with_xml = pytest.mark.parametrize("store", list(ELEMENT), indirect=True)


@each_kind
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_fault_that_passes_is_not_noticed(server, meddler, status):
    faults = iter(range(2))
    meddler.change = lambda a: a if next(faults, None) is None else a.replaced(status)
    assert len(server.files()) == 2


@each_kind
def test_a_commit_that_is_cut_short_is_never_taken_for_whole(server, meddler):
    meddler.change = lambda answer: answer.cut(10) if is_read(answer) else answer
    check_unavailable(server.query())
    server.logs("00000000000000000001.json")
    meddler.change = lambda answer: answer
    assert len(server.files()) == 2


@each_kind
def test_a_commit_that_is_shorter_than_listed_is_never_taken_for_whole(server, meddler):
    meddler.change = lambda answer: answer.shortened(10) if is_read(answer) else answer
    assert server.query().status_code >= 500
    server.logs("00000000000000000001.json")
    meddler.change = lambda answer: answer
    assert len(server.files()) == 2


@each_with_xml
@pytest.mark.parametrize(
    "disorder",
    [lambda names: names[::-1], lambda names: [*names, names[-1]]],
    ids=["backwards", "repeated"],
)
def test_a_list_in_disorder_is_refused(server, meddler, store, disorder):
    element = ELEMENT[store.name]
    meddler.change = lambda a: a.with_elements(element, disorder) if a.is_list() else a
    check_unavailable(server.query())
    server.logs("_delta_log")


@each_kind
def test_a_list_that_is_none_is_refused(server, meddler):
    meddler.change = lambda a: a.with_body(b"<html>welcome</html>") if a.is_list() else a
    check_unavailable(server.query())


@each_kind
def test_an_answer_without_end_is_given_up(server, meddler):
    def endless(answer):
        return answer.with_body(b" " * (64 << 20)) if answer.is_list() else answer

    meddler.change = endless
    check_unavailable(server.query())
    assert server.running()


@pytest.mark.parametrize("store", ["minio", "versitygw"], indirect=True)
def test_a_wrong_region_is_learnt_from_the_store(store, table, serve, relay):
    variables = {
        name: value.replace(f"{store.host}:{store.port}", f"{store.host}:{relay.port}")
        for name, value in store.client_environment().items()
    }
    server = serve({"t": table.location}, {**variables, "AWS_REGION": "ap-south-9"})
    assert version_of(server.query()) == table.version
    relay.forget()
    for file in files_of(server.query()):
        assert f"{store.region}%2Fs3" in file["url"]
    assert len(relay.asked()) == 1  # it is remembered
