"""Records of decisions, as owners, auditors and recipients get them."""

import json
import os
import signal
import subprocess
import sys
import threading

import requests
from support.owner import Owner
from support.server import REPOSITORY, wait_until


def records(governed, **filters):
    """The records so far, oldest first, once all that are in the journal have been shipped."""
    answer = governed.owner.session.get(
        governed.owner.base + "/audit/records", params={"limit": 10_000, **filters}, timeout=60
    )
    answer.raise_for_status()
    return [json.loads(line) for line in answer.text.splitlines() if line]


def wait_for(governed, condition, **filters):
    return wait_until(
        lambda: [r for r in [x for x in records(governed, **filters) if condition(x)]] or None,
        what="the records",
    )


def test_a_query_is_recorded_with_who_what_and_what_for(governed):
    """S-C01, S-C02."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    acme.session.headers["User-Agent"] = "pandas of acme"
    body = {"predicateHints": ["country = 'FR'"]}
    answer = acme.query("sales", "retail", "orders", body, headers={"Sluice-Purpose": "forecast"})
    files = answer.text.count('{"file":')
    [record] = wait_for(governed, lambda r: r["action"] == "query", recipient="acme")
    assert record["allowed"] is True
    assert record["object"] == "sales.retail.orders"
    assert record["request_id"] == answer.headers["X-Request-Id"]
    assert record["agent"] == "pandas of acme"
    assert record["purpose"] == "forecast"
    assert record["predicate"] == "country = 'FR'"
    assert record["files"] == files > 0 and record["bytes"] > 0
    assert record["delivery"] == "proxy" and record["version"] == 3
    assert "country" in record["columns"]
    assert record["token_id"] in str(governed.owner.get("/recipients/acme")["tokens"])


def test_refusals_are_recorded_in_the_words_that_were_said(governed):
    acme = governed.recipient("acme")
    refused = acme.query("sales", "retail", "orders")
    [record] = wait_for(governed, lambda r: r["action"] == "query", recipient="acme")
    assert record["allowed"] is False
    assert record["reason"] == refused.json()["message"]


def test_changes_are_recorded_with_before_and_after(governed):
    governed.owner.create_share("sales", comment="one")
    governed.owner.ask("PATCH", "/shares/sales", json={"comment": "two"})
    found = wait_for(governed, lambda r: r["object"] == "share sales" and "before" in r)
    assert json.loads(found[0]["before"])["comment"] == "one"
    assert json.loads(found[0]["after"])["comment"] == "two"
    assert found[0]["recipient"] == "owner"
    assert found[0]["share"] == "sales", "so that the share's own owner may look"


def test_a_share_may_ask_what_it_is_read_for(governed):
    governed.share("sales")
    governed.owner.ask("PATCH", "/shares/sales", json={"purposeRequired": True})
    acme = governed.recipient("acme", "sales")
    refused = acme.query("sales", "retail", "orders")
    assert refused.status_code == 400 and "Sluice-Purpose" in refused.json()["message"]
    told = acme.query("sales", "retail", "orders", headers={"Sluice-Purpose": "forecast"})
    assert told.status_code == 200
    with_purpose = governed.owner.issue_token("acme", purpose="reporting")["token"]
    assert governed.reader(with_purpose).query("sales", "retail", "orders").status_code == 200


def test_a_download_is_recorded_once_however_often_its_link_is_used(governed):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    text = acme.query("sales", "retail", "orders").text
    url = text.split('"url":"')[1].split('"')[0]
    for start in (0, 10, 20):
        part = requests.get(url, headers={"Range": f"bytes={start}-{start + 9}"}, timeout=60)
        assert part.status_code == 206
    governed.server.stop()
    journal = os.path.join(governed.server.data_dir, "audit")
    lines = []
    for name in sorted(os.listdir(journal)):
        if name.endswith(".log"):
            with open(os.path.join(journal, name), "rb") as file:
                raw = file.read()
            for part in raw.split(b'{"node":')[1:]:
                text = (b'{"node":' + part).decode("utf-8", "replace")
                lines.append(json.JSONDecoder().raw_decode(text)[0])
    downloads = [line for line in lines if line["action"] == "download"]
    assert [("request_id" in line) for line in downloads] == [True, False]
    assert downloads[1]["bytes"] == 30
    assert downloads[0]["link_id"] == downloads[1]["link_id"]


def test_no_link_leaves_without_a_record_whatever_ends_the_server(governed, launch):
    """S-C01: the server is killed in the middle of requests; each answer that came has a record."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    answered, started = [], threading.Event()

    def read():
        while True:
            try:
                answer = acme.query("sales", "retail", "orders")
            except requests.RequestException:
                return
            if answer.status_code == 200:
                answered.append(answer.headers["X-Request-Id"])
                if len(answered) > 40:
                    started.set()

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert started.wait(60)
    governed.server.process.send_signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    again = launch()
    governed.owner = Owner(again)
    wait_until(
        lambda: set(answered) <= {r.get("request_id") for r in records(governed, action="query")},
        what="all answers are recorded",
    )
    ids = [r["request_id"] for r in records(governed, action="query")]
    assert len(ids) == len(set(ids)), "no answer has two records"
    assert len(set(ids) - set(answered)) <= 4, "at most the requests in flight"


def test_what_was_recorded_can_be_verified_without_the_server(governed):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    for _ in range(20):
        acme.get("/shares")
    governed.server.stop()
    journal = os.path.join(governed.server.data_dir, "audit")
    verifier = os.path.join(REPOSITORY, "tools", "audit_verify.py")
    told = subprocess.run(
        [sys.executable, verifier, "--help"], capture_output=True, text=True, check=True
    )
    assert "usage" in told.stdout.lower()
    assert os.path.exists(os.path.join(journal, "heads"))
