"""Real readers beside pandas' own path, each on what `sluice serve FOLDER` shares."""

import glob
import os

import pytest
from support.caller import caller_of

ORDERS = "warehouse.retail.orders"
ROWS = {
    "warehouse.retail.orders": 572,
    "warehouse.retail.customers": 59,
    "warehouse.default.weather": 144,
}


@pytest.fixture
def server(launch, warehouse):
    return launch(warehouse)


def path_of(name):
    return "/shares/{}/schemas/{}/tables/{}".format(*name.split("."))


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("use_delta_format", [None, False, True], ids=["auto", "parquet", "delta"])
def test_pandas(server, name, use_delta_format):
    delta_sharing = pytest.importorskip("delta_sharing")
    frame = delta_sharing.load_as_pandas(
        f"{server.profile_path()}#{name}", use_delta_format=use_delta_format
    )
    assert len(frame) == ROWS[name]


def test_pandas_lists_what_is_shared(server):
    delta_sharing = pytest.importorskip("delta_sharing")
    client = delta_sharing.SharingClient(server.profile_path())
    assert {f"{t.share}.{t.schema}.{t.name}" for t in client.list_all_tables()} == set(ROWS)
    assert [s.name for s in client.list_shares()] == ["warehouse"]
    assert {s.name for s in client.list_schemas(client.list_shares()[0])} == {"retail", "default"}


def test_pandas_asks_for_version_and_metadata(server):
    delta_sharing = pytest.importorskip("delta_sharing")
    url = f"{server.profile_path()}#{ORDERS}"
    assert delta_sharing.get_table_version(url) == 3
    assert delta_sharing.get_table_metadata(url, use_delta_format=False).partition_columns == [
        "country"
    ]
    assert delta_sharing.get_table_protocol(url, use_delta_format=False).min_reader_version == 1


@pytest.mark.parametrize("name", ROWS)
def test_polars_scans_the_signed_urls(server, name):
    polars = pytest.importorskip("polars")
    urls = [f["url"] for f in caller_of(server).files(path_of(name))]
    assert polars.scan_parquet(urls).select(polars.len()).collect().item() == ROWS[name]


@pytest.mark.parametrize("name", ROWS)
def test_duckdb_reads_the_signed_urls(server, name):
    duckdb = pytest.importorskip("duckdb")
    httpfs = pytest.importorskip("duckdb_extension_httpfs")
    pattern = os.path.join(
        os.path.dirname(httpfs.__file__), "extensions", "*", "httpfs.duckdb_extension"
    )
    connection = duckdb.connect()
    connection.execute(f"LOAD '{glob.glob(pattern)[0]}'")
    urls = [f["url"] for f in caller_of(server).files(path_of(name))]
    count = connection.execute("select count(*) from read_parquet(?)", [urls]).fetchone()[0]
    assert count == ROWS[name]


def test_polars_reads_a_column_without_the_rest(server):
    """Column pruning goes through ranged reads: the values must be right, not only the count."""
    polars = pytest.importorskip("polars")
    urls = [f["url"] for f in caller_of(server).files(path_of("warehouse.default.weather"))]
    cities = polars.scan_parquet(urls).select("city").unique().collect()["city"].sort().to_list()
    assert cities == ["Bergen", "Lisbon", "Lyon", "Riga", "Sevilla", "Utrecht"]
