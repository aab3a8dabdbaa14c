"""Quotas: how much a recipient may ask for and read."""

import json
import threading

import pytest
from governance_support import SlowQuery
from support.large_table import write_large_table
from support.server import wait_until


def test_requests_of_a_day(governed):
    """S-D01: 429 with the reason and when to come again; nobody else is touched."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    other = governed.recipient("other", "sales")
    governed.owner.set_quota("requests", 5, "day", recipient="acme")
    statuses = [acme.get("/shares").status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    refused = acme.get("/shares")
    assert refused.json()["errorCode"] == "RESOURCE_EXHAUSTED"
    assert "5 requests a day" in refused.json()["message"]
    assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600
    assert other.get("/shares").status_code == 200


def test_a_restart_forgets_nothing(governed):
    """Not even kill -9, which loses the lease of one request that the server held."""
    acme = governed.recipient("acme")
    governed.owner.set_quota("requests", 8, "day", recipient="acme")
    assert [acme.get("/shares").status_code for _ in range(3)] == [200] * 3
    governed.server.stop()
    acme = governed.again().reader(acme.token)
    assert [acme.get("/shares").status_code for _ in range(3)] == [200] * 3
    governed.server.process.kill()
    governed.server.process.wait()
    acme = governed.again().reader(acme.token)
    statuses = [acme.get("/shares").status_code for _ in range(4)]
    assert 1 <= statuses.count(200) <= 2 and statuses[2:] == [429, 429]


@pytest.mark.parametrize("measure", ["files", "bytes"])
def test_files_and_bytes_are_refused_before_a_link_exists(governed, measure):
    """S-D01, S-D02: of a query that is too large by itself, and of one that comes when the day's part
    is used up."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    lines = [json.loads(line) for line in acme.query("sales", "retail", "orders").text.splitlines()]
    sizes = [line["file"]["size"] for line in lines if "file" in line]
    whole = {"files": len(sizes), "bytes": sum(sizes)}[measure]
    governed.owner.set_quota(measure, whole - 1, "day", recipient="acme")
    refused = acme.query("sales", "retail", "orders")
    assert refused.status_code == 413 and "X-Amz-Signature" not in refused.text
    page = {"maxFiles": len(sizes) // 2}
    answers = [acme.query("sales", "retail", "orders", page) for _ in range(4)]
    assert [answers[0].status_code, answers[-1].status_code] == [200, 429]
    assert measure in answers[-1].json()["message"] and "X-Amz-Signature" not in answers[-1].text
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 24 * 3600
    assert acme.get("/shares").status_code == 200, "lists give no files"


def test_a_condition_that_is_too_complex_is_not_evaluated(governed):
    """S-D02: past a hundred levels it is no condition: it skips no file, and costs nothing."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")

    def files(condition, name="predicateHints"):
        answer = acme.query("sales", "retail", "orders", {name: condition})
        assert answer.status_code == 200
        return answer.text.count('{"file":')

    def nested(depth):
        return "(" * depth + "country = 'NL'" + ")" * depth

    assert files([nested(50)]) == 1
    assert files([nested(150)]) == files([nested(20_000)]) == 13
    leaf = {"op": "equal", "children": [
        {"op": "column", "name": "country", "valueType": "string"},
        {"op": "literal", "value": "NL", "valueType": "string"}]}  # fmt: skip
    for depth, expected in ((50, 1), (150, 13), (2_000, 13)):
        text = '{"op":"and","children":[' * depth + json.dumps(leaf) + "]}" * depth
        assert files(text, "jsonPredicateHints") == expected, depth


def test_a_quota_of_a_share_leaves_other_shares(governed):
    governed.share("sales")
    governed.share("stock")
    acme = governed.recipient("acme", "sales", "stock")
    governed.owner.set_quota("requests", 1, "day", share="sales")
    path = "/shares/{}/schemas"
    assert acme.get(path.format("sales")).status_code == 200
    assert acme.get(path.format("sales")).status_code == 429
    assert acme.get(path.format("stock")).status_code == 200


def test_dropping_a_quota_lets_everything_through_again(governed):
    acme = governed.recipient("acme")
    quota = governed.owner.set_quota("requests", 0, "day", recipient="acme")
    assert acme.get("/shares").status_code == 429
    governed.owner.ask("DELETE", f"/quotas/{quota['id']}")
    assert acme.get("/shares").status_code == 200


def test_the_python_client_rides_through_a_quota_of_a_second(governed, tmp_path):
    """S-D01: the stock client waits and tries again until it has all."""
    delta_sharing = pytest.importorskip("delta_sharing")
    governed.share("sales")
    governed.owner.create_recipient("acme")
    governed.owner.grant("sales", "acme")
    profile = tmp_path / "acme.share"
    profile.write_text(json.dumps(governed.owner.issue_token("acme")["profile"]))
    governed.owner.set_quota("requests", 2, "second", recipient="acme")
    rows, faults = [], []

    def read():
        try:
            rows.append(len(delta_sharing.load_as_pandas(f"{profile}#sales.retail.orders")))
        except Exception as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(rows) == 4 and len(set(rows)) == 1
    assert 'status=429' in governed.server.log()


def test_queries_at_once(governed, tmp_path):
    """S-D02: a query counts until its answer is sent or its client gone; nobody else is touched."""
    governed.owner.create_share("sales")
    location = write_large_table(str(tmp_path / "large"), 40_000)
    governed.owner.add_table("sales", "d", "large", location)
    acme = governed.recipient("acme", "sales")
    other = governed.recipient("other", "sales")
    governed.owner.set_quota("concurrent", 1, recipient="acme")
    few = {"maxFiles": 1}

    def is_free():
        return acme.query("sales", "d", "large", few).status_code == 200

    assert is_free() and is_free(), "one after the other"
    for ending in (SlowQuery.rest, SlowQuery.close):
        running = SlowQuery(acme, "sales", "d", "large")
        assert running.status() == 200
        refused = acme.query("sales", "d", "large", few)
        assert refused.status_code == 429 and "Retry-After" in refused.headers
        assert "1 queries at a time" in refused.json()["message"]
        assert other.query("sales", "d", "large", few).status_code == 200
        ending(running)
        wait_until(is_free, what="the query has ended")
