"""What happened can be asked for, proved and read as a file and as a table."""

import json
import os
import subprocess
import sys

import deltalake
import pytest
import requests
from support.caller import TIMEOUT_S, caller_of
from support.server import REPOSITORY, wait_until

TABLE = "/shares/warehouse/schemas/retail/tables/orders"
WAIT_S = 60


PRICES = """currency: USD
requests: 0.0004
egress: 0.09
"""


@pytest.fixture
def server(launch, warehouse, tmp_path):
    (tmp_path / "prices.yaml").write_text(PRICES)
    return launch(
        warehouse,
        *("--price-list", str(tmp_path / "prices.yaml")),
        *("--audit-file", str(tmp_path / "audit.jsonl")),
        *("--audit-table", str(tmp_path / "audit_table"), "--audit-table-interval", "1s"),
        *("--audit-recipient-tables", str(tmp_path / "recipients")),
    )


def ask(server, path, **parameters):
    with open(os.path.join(server.data_dir, "admin.token"), encoding="utf-8") as file:
        headers = {"Authorization": "Bearer " + file.read().strip()}
    url = server.admin + "/api/v1" + path
    return requests.get(url, params=parameters, headers=headers, timeout=TIMEOUT_S)


def records(server, **parameters):
    response = ask(server, "/audit/records", follow="false", **parameters)
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.content.decode().split("\n") if line]


def read_table(server):
    """The request id of a query that was answered."""
    response = caller_of(server).query(TABLE)
    response.raise_for_status()
    return response.headers["X-Request-Id"]


def shipped(server, request_id):
    wait_until(lambda: records(server, requestId=request_id), WAIT_S, "the record is shipped")
    return records(server, requestId=request_id)[0]


def test_a_read_has_one_record_that_says_who_and_what(server):
    record = shipped(server, read_table(server))
    assert record["action"] == "query" and record["allowed"]
    assert record["object"] == "warehouse.retail.orders" and record["share"] == "warehouse"
    assert record["files"] >= 1 and record["bytes"] > 0 and record["columns"]


def test_a_recipient_gets_a_receipt_that_holds(server, tmp_path):
    request_id = read_table(server)
    response = caller_of(server).get("/receipts/" + request_id)
    assert response.status_code == 200, response.text
    receipt = response.json()
    assert json.loads(receipt["record"])["request_id"] == request_id
    assert caller_of(server).get("/receipts/unknown").status_code == 404
    assert ask(server, "/audit/receipts/" + request_id).json()["record"] == receipt["record"]


def test_heads_of_the_node_are_gathered_and_consistent(server):
    shipped(server, read_table(server))
    first = ask(server, "/audit/heads").json()
    shipped(server, read_table(server))
    latest = ask(server, "/audit/heads").json()["current"]
    assert latest["size"] > first["current"]["size"] and first["items"]
    proof = ask(server, "/audit/proofs/consistency", **{"from": first["current"]["size"]}).json()
    assert proof["to"] >= latest["size"] and proof["proof"]


def test_usage_counts_what_was_read(server):
    shipped(server, read_table(server))
    shipped(server, read_table(server))
    rows = ask(server, "/usage", object="warehouse.retail.orders").json()["items"]
    assert sum(row["requests"] for row in rows) == 2 and rows[0]["bytes"] > 0
    lines = ask(server, "/usage", format="csv").text.split("\r\n")
    assert lines[0].startswith("day,recipient,share,object,")


def test_usage_has_a_cost_by_the_price_list(server):
    shipped(server, read_table(server))
    report = ask(server, "/usage/cost", object="warehouse.retail.orders").json()
    assert report["currency"] == "USD"
    # No egress: the links lead to this server, and none was used.
    assert {line["charge"] for line in report["lines"]} == {"requests"}
    focus = ask(server, "/usage/cost", format="focus").json()
    assert focus and "BilledCost" in json.dumps(focus)


def test_records_are_lines_of_a_private_file(server, tmp_path):
    request_id = read_table(server)
    path = tmp_path / "audit.jsonl"
    wait_until(lambda: request_id in path.read_text(), WAIT_S, "the record is in the file")
    assert path.stat().st_mode & 0o777 == 0o600
    numbers = [json.loads(line)["seq"] for line in path.read_text().split("\n") if line]
    assert numbers == list(range(len(numbers)))


def rows_of(folder, request_id):
    if not os.path.exists(folder / "_delta_log" / f"{1:020}.json"):
        return []
    table = deltalake.DeltaTable(folder).to_pandas()
    return table[table.request_id == request_id].to_dict("records")


def test_records_are_rows_of_a_table_that_pandas_reads(server, tmp_path):
    request_id = read_table(server)
    folder = tmp_path / "audit_table"
    wait_until(lambda: rows_of(folder, request_id), WAIT_S, "the record is in the table")
    [row] = rows_of(folder, request_id)
    assert row["allowed"] and row["object"] == "warehouse.retail.orders"


def test_a_recipients_own_table_has_each_of_its_records_once_whatever_ends_the_server(server, tmp_path):
    folder, asked = tmp_path / "recipients" / "me", []
    for _ in range(4):
        asked += [read_table(server) for _ in range(5)]
        wait_until(lambda: rows_of(folder, asked[0]), WAIT_S, "the table is there")
        server.process.kill()
        server.process.wait()
        server.start()
    asked.append(read_table(server))
    wait_until(lambda: rows_of(folder, asked[-1]), WAIT_S, "the last record is in the table")
    found = deltalake.DeltaTable(folder).to_pandas()
    assert sorted(found[found.action == "query"].request_id) == sorted(asked)
    assert set(found.recipient) == {"me"}
    assert sorted(os.listdir(tmp_path / "recipients")) == [".positions", "me"]


def test_nothing_is_lost_or_twice_after_kill(server):
    before = [read_table(server) for _ in range(5)]
    server.process.kill()
    server.process.wait()
    server.start()
    for request_id in before + [read_table(server)]:
        shipped(server, request_id)
        assert len(records(server, requestId=request_id)) == 1


def test_the_independent_verifier_finds_nothing(server):
    shipped(server, read_table(server))
    key = ask(server, "/audit/heads").json()["current"]["publicKey"]
    server.stop()
    verifier = os.path.join(REPOSITORY, "tools", "audit_verify.py")
    journal = os.path.join(server.data_dir, "audit")
    done = subprocess.run(
        [sys.executable, verifier, "--journal", journal, "--key", key], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
