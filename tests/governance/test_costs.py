"""What reading and keeping costs, and whose it is: measured at a real object store."""

import json
import os

import pytest
import requests
from governance_support import Governed
from support.large_table import write_large_table
from support.server import wait_until

ORDERS = ("sales", "retail", "orders")
TERABYTE = 10**12
PRICES = """currency: USD
storage: 0.023
requests: 0.0004
egress:
  eu-west-1: {eu-west-1: 0, "*": 0.02}
  "*": 0.09
"""


@pytest.fixture
def with_prices(launch, warehouse, tmp_path):
    """with_prices(**more): a server with a price list."""

    def start(**more):
        prices = tmp_path / "prices.yaml"
        prices.write_text(PRICES)
        return Governed(launch(None, "--price-list", str(prices), **more), warehouse)

    return start


def links_of(answer):
    answer.raise_for_status()
    return [json.loads(line)["file"]["url"] for line in answer.text.splitlines()[2:] if "url" in line]


def download(url, first=None, last=None):
    """How many bytes came."""
    headers = {"Accept-Encoding": "identity"}
    if first is not None:
        headers["Range"] = f"bytes={first}-{last}"
    answer = requests.get(url, headers=headers, timeout=60)
    assert answer.status_code in (200, 206)
    return len(answer.content)


def usage(governed, **filters):
    return governed.owner.get("/usage", **filters)["items"]


def sent(governed, total):
    """{(recipient, from, to): bytes} that left this server, once they are `total` in all, or more."""

    def sums():
        found = {}
        for row in usage(governed, object="sales.retail.orders"):
            key = (row["recipient"], row["fromRegion"], row["toRegion"])
            found[key] = found.get(key, 0) + row["bytesSent"]
        return found if sum(found.values()) >= total else None

    return wait_until(sums, what="what was sent is counted")


def restarted(governed):
    """What links were used for is summed up when they rest, or when the server ends."""
    governed.server.stop()
    return Governed(governed.server.start(), governed.warehouse)


def share_of_store(governed, **fields):
    governed.owner.create_share("sales", **fields)
    governed.owner.add_table("sales", "retail", "orders", "s3://lake/warehouse/retail/orders")


def test_bytes_of_recipients_are_those_of_the_stores_log(with_prices, minio, access_log):
    """S-D03: what each recipient is charged for adds up to what the store says that it sent, byte for
    byte, for files handed on by Sluice; and so does what clients counted."""
    governed = with_prices(variables=minio.client_environment())
    share_of_store(governed, delivery="proxy")
    received = {}
    for name, parts in (("acme", 1), ("globex", 3)):
        reader = governed.recipient(name, "sales")
        links = links_of(reader.query(*ORDERS))
        assert len(links) == 13
        received[name] = sum(download(url) for url in links[:4])
        for part in range(parts):
            received[name] += download(links[5], part * 100, part * 100 + 99)
    counted = sent(restarted(governed), sum(received.values()))
    assert {name: count for (name, _, _), count in counted.items()} == received
    access_log.wait_until_read(".parquet", 8 + 4)
    assert sum(access_log.read(".parquet")) == sum(received.values())


def test_bytes_of_links_to_the_store_are_those_of_its_log(with_prices, minio, access_log):
    """S-D03: a recipient that fetches each file of its links once costs what the store's log says."""
    governed = with_prices(variables=minio.client_environment())
    share_of_store(governed, delivery="url")
    acme = governed.recipient("acme", "sales")
    received = sum(download(url) for url in links_of(acme.query(*ORDERS)))
    access_log.wait_until_read(".parquet", 13)
    assert sum(access_log.read(".parquet")) == received
    [row] = wait_until(lambda: usage(governed, object="sales.retail.orders"), what="the query is counted")
    assert row["directBytes"] == row["bytes"] == received and row["bytesSent"] == 0


def test_five_terabytes_cost_115_a_month(with_prices, tmp_path):
    """S-D03: the report gives the storage to who keeps the data and the reads to who reads, as the
    example does: 5 TB at 0.023 a GB and month are 115."""
    governed = with_prices()
    table = write_large_table(str(tmp_path / "orders"), 5, TERABYTE)
    governed.owner.create_share("sales", region="us-east-1")
    governed.owner.add_table("sales", "retail", "orders", table)
    acme = governed.recipient("acme", "sales", region="eu-west-1")
    for _ in range(10):
        assert acme.query(*ORDERS).status_code == 200
    wait_until(
        lambda: sum(row["requests"] for row in usage(governed, object="sales.retail.orders")) == 10,
        what="the queries are counted",
    )
    november = {"storage": "true", "since": "2026-11-01", "until": "2026-11-30"}
    report = governed.owner.get("/usage/cost", **november)
    assert report["payers"]["owner"] == 115.0
    storage = [line for line in report["lines"] if line["charge"] == "storage"]
    assert [(line["payer"], line["cost"]) for line in storage] == [("owner", 115.0)]
    reads = governed.owner.get("/usage/cost", recipient="acme")
    assert reads["payers"] == {"acme": reads["total"]} and reads["total"] > 0
    focus = governed.owner.get("/usage/cost", format="focus", **november)
    assert sum(row["BilledCost"] for row in focus if row["SubAccountId"] == "owner") == 115.0


def test_sharing_and_mounting_move_no_data(with_prices, minio, access_log):
    """S-D04: by the store's own log. A table is shared, granted, mounted as a database and listed;
    its log is read, and not one byte of its files."""
    governed = with_prices(variables=minio.client_environment())
    before = [name for name, _, _ in access_log.calls() if name.startswith(("Put", "Copy"))]
    share_of_store(governed)
    acme = governed.recipient("acme", "sales")
    script = "CREATE DATABASE sales_of_partner FROM SHARE us.sales;"
    governed.owner.ask("POST", "/sql", json={"sql": script, "recipient": "acme"})
    assert acme.shares() == ["sales"]
    assert acme.get("/shares/sales/all-tables").json()["items"]
    assert acme.get("/shares/sales/schemas/retail/tables/orders/metadata").status_code == 200
    assert len(links_of(acme.query(*ORDERS))) == 13
    access_log.wait_until_read(".json", 1)
    assert sum(access_log.read(".parquet")) == 0 and sum(access_log.read(".json")) > 0
    after = [name for name, _, _ in access_log.calls() if name.startswith(("Put", "Copy"))]
    assert after == before, "nothing is written or copied"
    # The log would have told: the first download is in it.
    assert download(links_of(acme.query(*ORDERS))[0]) > 0
    access_log.wait_until_read(".parquet", 1)


def test_egress_is_metered_by_regions_and_told_before_the_query(with_prices):
    """S-D05."""
    governed = with_prices()
    governed.owner.create_share("sales", region="eu-west-1")
    location = os.path.join(governed.warehouse, "retail", "orders")
    governed.owner.add_table("sales", "retail", "orders", location)
    near = governed.recipient("near", "sales", region="eu-west-1")
    far = governed.recipient("far", "sales", region="us-east-1")

    def estimate(recipient, where=""):
        text = f"EXPLAIN COST FOR RECIPIENT {recipient} ON TABLE sales.retail.orders {where};"
        answer = governed.owner.ask("POST", "/sql", json={"sql": text})
        [result] = answer["results"]
        return dict(zip(result["columns"], result["rows"][0]))

    whole = estimate("far")
    assert (int(whole["files"]), int(whole["bytes"])) == (13, 48676)
    part = estimate("far", "WHERE country = 'NL'")
    assert int(part["files"]) < 13 and int(part["bytes"]) < 48676
    assert float(estimate("near")["cost"]) < float(whole["cost"])
    for reader in (near, far):
        for url in links_of(reader.query(*ORDERS)):
            download(url)
    # Each in its regions, though the sums are made at the end and counted after the next start.
    governed = restarted(governed)
    assert sent(governed, 2 * 48676) == {
        ("near", "eu-west-1", "eu-west-1"): 48676,
        ("far", "eu-west-1", "us-east-1"): 48676,
    }
    lines = governed.owner.get("/usage/cost", object="sales.retail.orders")["lines"]
    charges = [(line["payer"], line["cost"]) for line in lines if line["charge"] == "egress"]
    assert sorted(charges) == [("far", 0.000001), ("near", 0)]  # 48,676 bytes of a GB at 0.02
