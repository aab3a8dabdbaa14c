"""Sluice and the stores: how new its answers are, what it asks for, and what recipients get when a
store refuses, is slow or is gone."""

import time

import delta_sharing
import pytest
from support.lake import Table, files_of, is_link_to, prefix_of, version_of
from support.server import wait_until
from support.stores import STORES, Minio

SIGNING = ["minio", "versitygw", "azurite"]  # they check keys and signatures; fake-gcs-server not


def through(relay, store):
    """The environment by which a server reaches the store through the relay."""
    return {
        name: value.replace(f"{store.host}:{store.port}", f"{store.host}:{relay.port}")
        for name, value in store.client_environment().items()
    }


def test_the_environment_alone_is_enough(store, table, serve):
    server = serve({"t": table.location}, store.client_environment())
    frame = delta_sharing.load_as_pandas(server.profile() + "#s.d.t")
    assert sorted(frame["id"]) == list(range(6))
    links = [file["url"] for file in server.files()]
    assert len(links) == 2 and all(is_link_to(store, url) for url in links)


def test_a_new_commit_is_seen_by_the_next_query(store, table, serve):
    server = serve({"t": table.location}, store.client_environment())
    for _ in range(3):
        answer = server.query()
        assert version_of(answer) == table.version
        assert len(files_of(answer)) == table.version + 1
        table.append()


def warm_up(server):
    """The second query lists from where the first ended: then an Azure store shows if it can."""
    server.files()
    server.files()


def test_a_warm_query_costs_one_list(store, table, serve, relay):
    server = serve({"t": table.location}, through(relay, store), delivery="proxy")
    warm_up(server)
    for _ in range(3):
        relay.forget()
        before = server.store_counts()
        server.files()
        assert len(relay.asked()) == len(relay.lists()) == 1, relay.asked()
        assert server.store_counts() - before == {("list", "2xx"): 1}


def test_a_new_commit_costs_one_list_and_one_read(store, table, serve, relay):
    server = serve({"t": table.location}, through(relay, store), delivery="proxy")
    warm_up(server)
    table.append()
    relay.forget()
    assert len(server.files()) == 3
    assert (len(relay.lists()), len(relay.asked())) == (1, 2), relay.asked()


@pytest.mark.parametrize("store", ["minio"], indirect=True)
def test_a_commit_that_does_not_come_is_asked_for_twice(store, table, serve, relay):
    said = {"name": "slow", "prefix": prefix_of(store, table.bucket), "hedgeAfter": "20ms"}
    server = serve({"t": table.location}, through(relay, store), stores=[said])
    relay.hold("00000000000000000001.json")
    assert len(server.files()) == 2
    reads = [path for method, path in relay.asked() if method == "GET" and "0001.json" in path]
    assert len(reads) == 2, relay.asked()
    assert server.store_counts("hedges") >= 1
    assert server.store_counts("retries") == 0


def test_freshness_lets_queries_share_a_look(store, table, serve, relay):
    said = {"location": table.location, "freshness": "10m"}
    server = serve({"t": said, "now": table.location}, through(relay, store))
    server.files("t")
    table.append()
    relay.forget()
    assert version_of(server.query("t")) == 1
    assert relay.asked() == []
    assert version_of(server.query("now")) == 2


def test_freshness_ends(store, table, serve):
    said = {"location": table.location, "freshness": "1s"}
    server = serve({"t": said}, store.client_environment())
    assert version_of(server.query()) == 1
    table.append()
    wait_until(lambda: version_of(server.query()) == 2, what="the new version")


def check_unavailable(answer):
    """503, with no link and nothing of the inside."""
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["errorCode"] == "UNAVAILABLE"
    assert "://" not in answer.text


def wrong_environment(store):
    variables = store.client_environment()
    if store.name == "azurite":
        name, text = next(iter(variables.items()))
        return {name: text.replace(store.key, "d3JvbmcgYXMgd3JvbmcgY2FuIGJlISEhISEhISEhISE=")}
    return {**variables, "AWS_SECRET_ACCESS_KEY": "wrong" * 8}


@pytest.mark.parametrize("store", SIGNING, indirect=True)
def test_wrong_keys_are_unavailable_and_the_log_says_why(store, table, serve):
    server = serve({"t": table.location}, wrong_environment(store))
    check_unavailable(server.query())
    assert "wrongwrong" not in server.logs("403", table.bucket)


def test_a_missing_bucket_is_a_table_without_files(store, serve):
    location = store.location("no-such-bucket", "lake/numbers")
    server = serve({"t": location}, store.client_environment())
    answer = server.query()
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "RESOURCE_DOES_NOT_EXIST")
    server.logs("no-such-bucket", "404")


@pytest.fixture
def own_table(kind, tmp_path):
    """A table in a store of the test's own, which it may stop."""
    with kind(str(tmp_path / kind.name)) as store:
        store.create_bucket("lake")
        yield Table(str(tmp_path / "table"), store, "lake")


each_kind = pytest.mark.parametrize("kind", STORES.values(), ids=STORES)
# Given up after three seconds, so that nobody waits half a minute for a store that is gone.
HASTY = {"requestTimeout": "3s", "connectTimeout": "2s"}


def hasty(table):
    """Stores of a configuration: the environment's one, asked for three seconds at most."""
    prefix = prefix_of(table.store, table.bucket)
    return [{"name": "hasty", "prefix": prefix, **HASTY}]


@each_kind
def test_a_store_that_is_gone_is_unavailable_until_it_is_back(own_table, serve):
    store = own_table.store
    variables = store.client_environment()
    server = serve({"t": own_table.location}, variables, stores=hasty(own_table))
    assert version_of(server.query()) == 1
    store.stop()
    check_unavailable(server.query())
    store.restart()
    assert version_of(server.query()) == 1


@each_kind
def test_a_store_that_does_not_answer_is_unavailable(own_table, serve):
    store = own_table.store
    variables = store.client_environment()
    server = serve({"t": own_table.location}, variables, stores=hasty(own_table))
    assert version_of(server.query()) == 1
    store.pause()
    begin = time.monotonic()
    check_unavailable(server.query())
    assert time.monotonic() - begin < 20  # the store's second, on a busy machine
    store.resume()
    assert version_of(server.query()) == 1


@each_kind
def test_the_last_version_is_served_while_the_store_is_gone(own_table, serve):
    said = {"location": own_table.location, "serveStaleFor": "10m"}
    others = {"location": own_table.location}
    variables = own_table.store.client_environment()
    server = serve({"t": said, "strict": others}, variables, stores=hasty(own_table))
    fresh = [server.query("t"), server.query("strict")]
    assert [version_of(answer) for answer in fresh] == [1, 1]
    assert "sluice-stale" not in fresh[0].headers
    own_table.store.stop()
    stale = server.query("t")
    assert version_of(stale) == 1 and len(files_of(stale)) == 2
    assert int(stale.headers["sluice-stale"].removeprefix("age=")) >= 0
    check_unavailable(server.query("strict"))


def test_staleness_ends(tmp_path, serve):
    with Minio(str(tmp_path / "minio")) as store:
        store.create_bucket("lake")
        table = Table(str(tmp_path / "table"), store, "lake")
        said = {"location": table.location, "serveStaleFor": "1s"}
        server = serve({"t": said}, store.client_environment(), stores=hasty(table))
        assert version_of(server.query()) == 1
        store.stop()
        wait_until(lambda: server.query().status_code == 503, what="staleness ends")
