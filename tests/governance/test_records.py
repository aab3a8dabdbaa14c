"""Records of decisions, as owners, auditors and recipients get them."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading

import pytest
import requests
from governance_support import Governed
from support.owner import Owner
from support.server import REPOSITORY, binary_path, wait_until


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
    """S-C02: and when, from where, by which token and with what client."""
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
    assert record["agent"] == "pandas of acme" and record["peer"] == "127.0.0.1"
    assert record["table_id"] and record["time"].endswith("Z")
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
    """S-C02: without a purpose nothing is read."""
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


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of its own that is soon full."""
    if os.geteuid() != 0:
        pytest.skip("a file system can be mounted by root only")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path):
    """Until there is no room for one byte more."""
    with open(path, "wb", buffering=0) as file:
        for piece in (1 << 16, 1):
            with contextlib.suppress(OSError):
                while file.write(b"x" * piece):
                    pass


def test_no_link_leaves_while_the_disk_is_full(launch, warehouse, small_disk):
    """S-C01: 503 without a link, and health says why; with room again reads go on, and every answer
    that had links has its record."""
    server = launch(None, data_dir=str(small_disk / "data"))
    governed = Governed(server, warehouse)
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    assert acme.query("sales", "retail", "orders").status_code == 200
    fill(small_disk / "ballast")
    answers = []

    def refused():
        """What room the journal had in its last page may be used up first."""
        answers.append(acme.query("sales", "retail", "orders"))
        return answers[-1].status_code == 503

    wait_until(refused, what="a query is refused")
    answers += [acme.query("sales", "retail", "orders") for _ in range(20)]
    assert answers[-1].status_code == 503
    for answer in answers:
        assert answer.status_code in (200, 503)
        assert (answer.status_code == 200) == ("X-Amz-Signature" in answer.text)
    health = requests.get(server.admin + "/readyz", timeout=60)
    assert health.status_code == 503 and health.json()["parts"]["audit"].startswith("failing")
    os.remove(small_disk / "ballast")
    wait_until(
        lambda: acme.query("sales", "retail", "orders").status_code == 200, what="reads go on"
    )
    answered = {a.headers["X-Request-Id"] for a in answers if a.status_code == 200}
    refusals = {a.headers["X-Request-Id"] for a in answers if a.status_code == 503}

    def allowed():
        found = records(governed, action="query", recipient="acme")
        return {r["request_id"] for r in found if r["allowed"]}

    wait_until(lambda: answered <= allowed(), what="the answers are recorded")
    assert not refusals & allowed(), "what was refused is not recorded as given"
    assert server.stop() == 0


def verify(governed, *arguments):
    """What both verifiers say: exit codes and words."""
    told = []
    tool = [sys.executable, os.path.join(REPOSITORY, "tools", "audit_verify.py")]
    for command in ([binary_path(), "audit", "verify"], tool):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120)
        told.append((done.returncode, done.stdout + done.stderr))
    return told


def test_a_running_server_vouches_for_its_journal(governed):
    """S-C01: by a head that it signs when asked, so that nothing of its first minute can be cut off."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    for _ in range(3):
        acme.query("sales", "retail", "orders")
    data_dir = governed.server.data_dir
    command = [binary_path(), "audit", "verify", "--data-dir", data_dir]
    whole = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert re.search(r"signed heads that agree: [1-9]", whole.stdout)

    journal = os.path.join(data_dir, "audit")
    [name] = [name for name in os.listdir(journal) if name.endswith(".log")]
    with open(os.path.join(journal, name), "rb") as file:
        last = file.read().rindex(b'{"node":')
    os.truncate(os.path.join(journal, name), last)
    cut = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert cut.returncode == 1 and "missing at the end" in cut.stdout, cut.stdout + cut.stderr


def test_what_was_recorded_can_be_verified_without_the_server(governed, tmp_path):
    """S-C01: by the program and by a script that shares no code with it; one byte that is changed is
    found, and its place is named; so is an end that was cut off, by a head that was kept elsewhere;
    a receipt is good for its record alone."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    for number in range(20):
        answer = acme.query("sales", "retail", "orders", headers={"Sluice-Purpose": f"no-{number:03}"})
    heads = governed.owner.get("/audit/heads")["current"]
    receipt = tmp_path / "receipt.json"
    receipt.write_text(acme.get("/receipts/" + answer.headers["X-Request-Id"]).text)
    governed.server.stop()
    journal = os.path.join(governed.server.data_dir, "audit")
    key = ("--key", heads["publicKey"])
    kept = tmp_path / "kept.jsonl"
    kept.write_text(json.dumps(heads) + "\n")
    whole = [*key, "--journal", journal, "--heads", str(kept)]
    assert [code for code, _ in verify(governed, *whole)] == [0, 0]
    assert [code for code, _ in verify(governed, *key, "--receipt", str(receipt))] == [0, 0]

    altered = tmp_path / "altered"
    shutil.copytree(journal, altered)
    [name] = [name for name in os.listdir(altered) if name.endswith(".log")]
    with open(altered / name, "rb") as file:
        content = file.read()
    at = content.index(b"no-007")
    record = json.loads(content[content.rindex(b'{"node":', 0, at) :].split(b"\n")[0].decode("latin-1")
                        .split("}", 1)[0] + "}")  # fmt: skip
    (altered / name).write_bytes(content[: at + 5] + b"8" + content[at + 6 :])
    for code, text in verify(governed, *key, "--journal", str(altered)):
        assert code == 1 and re.search(rf"record {record['seq']}\b|{name}", text), text

    cut = tmp_path / "cut"
    shutil.copytree(journal, cut)
    for path, size in ((cut / name, content.index(b"no-015")), (cut / "heads", 0)):
        os.truncate(path, size)
    os.remove(cut / "tree")
    for code, text in verify(governed, *key, "--journal", str(cut), "--heads", str(kept)):
        assert code == 1 and str(heads["size"]) in text, text

    forged = tmp_path / "forged.json"
    forged.write_text(receipt.read_text().replace("no-019", "no-018"))
    other = ("--key", "ab" * 32)
    for arguments in ([*key, "--receipt", str(forged)], [*other, "--receipt", str(receipt)]):
        assert [code for code, _ in verify(governed, *arguments)] == [1, 1]
