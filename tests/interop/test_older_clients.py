"""Clients that recipients installed long ago and never touched: they and their kernels read what
the current one reads. Each runs in a process of its own, with the other libraries of this one."""

import json
import os
import subprocess
import sys

import pytest
from support.caller import TOKEN
from support.server import REPOSITORY, copy_tables

CALLS_LIMIT_S = 300
ROWS = {
    "warehouse.retail.orders": 572,
    "warehouse.retail.customers": 59,
    "warehouse.default.weather": 144,
}


class OlderClient:
    def __init__(self, version):
        self.version = version
        self.folder = os.path.join(REPOSITORY, ".deps", "python", version)
        if not os.path.isdir(os.path.join(self.folder, "delta_sharing")):
            pytest.fail(f"delta-sharing {version} is not in {self.folder}: run ./dev setup")

    def call(self, *calls):
        """What each of the calls gave; all run in one process."""
        done = subprocess.run(
            [sys.executable, os.path.join(os.path.dirname(__file__), "older_client.py")],
            input=json.dumps(calls),
            env=dict(os.environ, PYTHONPATH=self.folder),
            capture_output=True,
            text=True,
            timeout=CALLS_LIMIT_S,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(params=["1.3.3", "1.1.1"])
def client(request):
    return OlderClient(request.param)


@pytest.fixture
def shared_folder(launch, warehouse):
    return launch(warehouse).profile_path()


@pytest.fixture
def test_tables(launch, write_config, tmp_path):
    """The profile of a server with tables of tests/data, their history shared."""
    copy_tables(os.path.join(REPOSITORY, "tests", "data", "tables"), str(tmp_path / "tables"))
    history = "\n            historyShared: true"
    names = ["change-data-feed", "column-mapping-history", "deletion-vector-file"]
    server = launch(write_config({n: f"{tmp_path}/tables/{n}/delta{history}" for n in names}))
    profile = tmp_path / "s.share"
    fields = {"shareCredentialsVersion": 1, "endpoint": server.endpoint, "bearerToken": TOKEN}
    profile.write_text(json.dumps(fields))
    return f"{profile}#s.d."


def load(url, **arguments):
    return {"function": "load_as_pandas", "url": url, **arguments}


def changes(url, **arguments):
    return {"function": "load_table_changes_as_pandas", "url": url, **arguments}


def values(rows, *columns):
    return sorted(tuple(row[column] for column in columns) for row in rows)


def test_it_is_the_older_client_that_answers(client):
    [answer] = client.call({"function": "who_answers"})
    assert answer == {"version": client.version, "folders": [client.folder] * 2}


def test_lists_what_is_shared(client, shared_folder):
    [answer] = client.call({"function": "listed", "profile": shared_folder})
    assert answer["shares"] == ["warehouse"]
    assert set(answer["schemas"]) == {"warehouse.retail", "warehouse.default"}
    assert set(answer["tables"]) == set(answer["all tables"]) == set(ROWS)


def test_asks_for_version_and_metadata(client, shared_folder):
    url = f"{shared_folder}#warehouse.retail.orders"
    version, columns = client.call(
        {"function": "get_table_version", "url": url},
        {"function": "get_table_metadata", "url": url},
    )
    assert (version, columns) == (3, ["country"])


@pytest.mark.parametrize("use_delta_format", [None, False], ids=["auto", "parquet"])
def test_reads_the_examples(client, shared_folder, use_delta_format):
    answers = client.call(
        *(load(f"{shared_folder}#{name}", use_delta_format=use_delta_format) for name in ROWS)
    )
    assert [len(rows) for rows in answers] == list(ROWS.values())


def test_reads_in_delta_format(client, shared_folder):
    """The other examples hold Arrow's string views, which kernels of that time do not know."""
    [rows] = client.call(load(f"{shared_folder}#warehouse.default.weather", use_delta_format=True))
    cities = ["Bergen", "Lisbon", "Lyon", "Riga", "Sevilla", "Utrecht"]
    assert sorted({row["city"] for row in rows}) == cities
    assert len(rows) == ROWS["warehouse.default.weather"]


def test_reads_older_versions(client, shared_folder):
    orders = f"{shared_folder}#warehouse.retail.orders"
    weather = f"{shared_folder}#warehouse.default.weather"
    answers = client.call(
        *(load(orders, version=version, use_delta_format=False) for version in range(4)),
        *(load(weather, version=version, use_delta_format=True) for version in (0, 3, 7)),
    )
    assert [len(rows) for rows in answers] == [200, 400, 600, 572, 18, 72, 144]


@pytest.mark.parametrize("use_delta_format", [None, True], ids=["auto", "delta"])
def test_reads_what_needs_delta(client, test_tables, use_delta_format):
    vectors, mapped = client.call(
        load(test_tables + "deletion-vector-file", use_delta_format=use_delta_format),
        load(test_tables + "column-mapping-history", use_delta_format=use_delta_format),
    )
    assert values(vectors, "id", "name") == [
        (0, "name 0"),
        (2, "name 2"),
        (20, "name 20"),
        (21, "name 21"),
    ]
    assert values(mapped, "id", "title", "region") == [(1, "uno", "north"), (2, "two", None)]


CHANGES_0_TO_3 = [
    (0, 0, "insert"),
    (0, 1, "insert"),
    (0, 2, "insert"),
    (0, 10, "insert"),
    (0, 11, "insert"),
    (1, 1, "update_postimage"),
    (1, 1, "update_preimage"),
    (2, 20, "insert"),
    (2, 21, "insert"),
    (3, 10, "delete"),
    (3, 11, "delete"),
]


def test_reads_changes(client, test_tables):
    [rows] = client.call(
        changes(test_tables + "change-data-feed", starting_version=0, ending_version=3)
    )
    assert values(rows, "_commit_version", "id", "_change_type") == CHANGES_0_TO_3


def test_reads_changes_in_delta_format(test_tables):
    """1.1.1 knows the feed in parquet format alone."""
    feed = changes(
        test_tables + "change-data-feed",
        starting_version=0,
        ending_version=3,
        use_delta_format=True,
    )
    vectors = changes(
        test_tables + "deletion-vector-file", starting_version=2, use_delta_format=True
    )
    feed_rows, vector_rows = OlderClient("1.3.3").call(feed, vectors)
    assert values(feed_rows, "_commit_version", "id", "_change_type") == CHANGES_0_TO_3
    assert values(vector_rows, "_commit_version", "id", "_change_type") == [
        (2, 1, "delete"),
        (2, 12, "delete"),
        (3, 20, "insert"),
        (3, 21, "insert"),
        (4, 10, "delete"),
        (4, 11, "delete"),
    ]
