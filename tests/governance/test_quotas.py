"""Quotas: how much a recipient may ask for and read."""

import json
import threading

import pytest


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


def test_files_and_bytes_are_refused_before_a_link_exists(governed):
    """S-D02."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    files = acme.query("sales", "retail", "orders").text.count('{"file":')
    assert files > 2
    governed.owner.set_quota("files", files - 1, "day", recipient="acme")
    refused = acme.query("sales", "retail", "orders")
    assert refused.status_code == 413 and "X-Amz-Signature" not in refused.text
    page = acme.query("sales", "retail", "orders", {"maxFiles": 2})
    assert page.status_code == 200
    used_up = [acme.query("sales", "retail", "orders", {"maxFiles": 2}).status_code for _ in range(files)]
    assert used_up[-1] == 429
    assert acme.get("/shares").status_code == 200, "lists give no files"


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
    """The stock client waits and tries again until it has all."""
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


def test_queries_at_once(governed):
    """A query that is not sent yet counts; one that is done does not."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    governed.owner.set_quota("concurrent", 1, recipient="acme")
    for _ in range(5):
        assert acme.query("sales", "retail", "orders").status_code == 200
