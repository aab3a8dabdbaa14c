"""What people try who should not."""

import json
import os
import resource
import signal
import subprocess

import pytest
from governance_support import Governed
from support.owner import Owner, Refused
from support.postgres import find_program
from support.server import wait_until

NAMES = [
    "x'; DROP TABLE shares; --",
    'x"; DELETE FROM tokens; --',
    "x') OR ('1'='1",
    "$1",
    "x\\",
    "%27%20OR%201=1",
    "../../etc/passwd",
    "share\u202ename",
    "x" * 255,
]


def name_of(text):
    """Names have no spaces and slashes; everything else goes."""
    return text.replace(" ", "_").replace("/", "_").replace("..", "_")


def test_sql_in_names_is_a_name(governed):
    for text in NAMES:
        name = name_of(text)
        governed.owner.create_share(name, comment=text, properties={"note": text})
        recipient = name.replace("\\", "_").lstrip("._")
        governed.owner.create_recipient(recipient, comment=text, attributes={"note": text})
    shares = {share["name"]: share for share in governed.owner.get("/shares")["items"]}
    for text in NAMES:
        assert shares[name_of(text)]["comment"] == text
    recipients = {r["name"]: r for r in governed.owner.get("/recipients")["items"]}
    assert recipients[name_of(NAMES[0])]["attributes"] == {"note": NAMES[0]}
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    for text in NAMES:
        assert acme.query(name_of(text), name_of(text), "t").status_code in (400, 404)
    assert acme.shares() == ["sales"]


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a\tb", "a\nb", "a\x00b", "x" * 256])
def test_names_that_the_protocol_forbids_are_refused(governed, name):
    with pytest.raises(Refused) as refused:
        governed.owner.create_share(name)
    assert refused.value.status == 400


def test_a_token_in_the_url_opens_nothing(governed):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    token = acme.session.headers["Authorization"].removeprefix("Bearer ")
    stranger = governed.reader(None)
    for parameter in ("token", "access_token", "bearerToken", "Authorization"):
        assert stranger.get("/shares", **{parameter: token}).status_code == 401


def test_recipients_cannot_use_the_owners_surface_nor_owners_the_recipients(governed):
    acme = governed.recipient("acme")
    token = acme.session.headers["Authorization"].removeprefix("Bearer ")
    for path in ("/shares", "/recipients", "/principals", "/quotas"):
        with pytest.raises(Refused) as refused:
            Owner(governed.server, token).get(path)
        assert refused.value.status == 401
    admin = governed.owner.session.headers["Authorization"].removeprefix("Bearer ")
    assert governed.reader(admin).get("/shares").status_code == 401
    assert acme.get("/../api/v1/shares").status_code == 404
    assert acme.ask("POST", "/shares", json={"name": "mine"}).status_code == 405


def test_guessing_tokens_finds_none_and_is_never_repeated(governed):
    governed.recipient("acme")
    guesses = [f"sluice_guess{i}" + "A" * 40 for i in range(300)]
    for guess in guesses:
        answer = governed.reader(guess).get("/shares")
        assert answer.status_code in (401, 429)
        assert guess not in answer.text
    assert "sluice_guess" not in governed.server.log()


def refused_records(owner):
    answer = owner.session.get(owner.base + "/audit/records",
                               params={"allowed": "false", "limit": 10_000}, timeout=60)  # fmt: skip
    return [json.loads(line) for line in answer.text.splitlines()]


PER_MINUTE = 20
# Those that come back while the test runs: it is far shorter than this many minutes.
MOST_PASSED = PER_MINUTE * 10


@pytest.fixture
def bounded(launch, warehouse):
    """A server to which requests come through a proxy, which names their addresses."""
    return Governed(launch(None, "--failed-sign-ins-per-minute", str(PER_MINUTE),
                           "--trusted-proxies", "127.0.0.1"), warehouse)  # fmt: skip


def test_a_flood_of_wrong_tokens_is_bounded_and_does_not_flood_the_records(bounded):
    bounded.share("sales")
    acme = bounded.recipient("acme", "sales")
    guesser = bounded.reader("sluice_wrong" + "A" * 40)
    flood = {"X-Forwarded-For": "192.0.2.1"}
    seen = {401: 0, 429: 0}
    for _ in range(1_000):
        answer = guesser.ask("GET", "/shares", headers=flood)
        seen[answer.status_code] += 1
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.json()["errorCode"] == "RESOURCE_EXHAUSTED"
    assert PER_MINUTE <= seen[401] <= MOST_PASSED
    # Neither partners behind the same address nor guessers at another are concerned.
    for _ in range(50):
        assert acme.ask("GET", "/shares", headers=flood).status_code == 200
    other = guesser.ask("GET", "/shares", headers={"X-Forwarded-For": "192.0.2.2"})
    assert other.status_code == 401
    metrics = bounded.owner.session.get(bounded.server.admin + "/metrics", timeout=60).text
    assert f"sluice_held_back_sign_ins_total {seen[429]}" in metrics
    check_flood_is_summed(bounded, seen)


def check_flood_is_summed(bounded, seen):
    """Each 401 has its record, all 429 together have one a minute; the rest at the end."""
    bounded.server.stop()
    owner = Owner(bounded.server.start())
    wait_until(lambda: any("more without" in r["reason"] for r in refused_records(owner)),
               what="the sum is shipped")  # fmt: skip
    records = [r for r in refused_records(owner) if r["peer"] == "192.0.2.1"]
    single = [r for r in records if "request_id" in r]
    sums = [r for r in records if "request_id" not in r]
    assert len(single) == seen[401]
    assert sum(int(r["reason"].split()[0]) for r in sums) == seen[429]
    assert len(sums) <= 10


def test_addresses_of_one_ipv6_network_count_together(bounded):
    guesser = bounded.reader("sluice_wrong" + "A" * 40)
    statuses = [
        guesser.ask("GET", "/shares", headers={"X-Forwarded-For": f"2001:db8::{i:x}"}).status_code
        for i in range(1, 301)
    ]
    assert statuses.count(401) <= MOST_PASSED and 429 in statuses
    other = guesser.ask("GET", "/shares", headers={"X-Forwarded-For": "2001:db8:0:1::1"})
    assert other.status_code == 401


def test_guesses_at_the_owners_surface_are_bounded_too(bounded):
    wrong = Owner(bounded.server, "sluice_wrong" + "A" * 40)
    statuses = [
        wrong.session.get(wrong.base + "/shares", headers={"X-Forwarded-For": "192.0.2.3"},
                          timeout=60).status_code
        for _ in range(300)
    ]  # fmt: skip
    assert statuses.count(401) <= MOST_PASSED and 429 in statuses
    assert bounded.owner.get("/whoami")["role"] == "admin"


def test_forged_links_are_told_apart_but_summed(bounded):
    """Whoever has a link that ended must learn that, so the answer stays what it is."""
    stranger = bounded.reader(None)
    query = "X-Amz-Credential=a&X-Amz-Date=1&X-Amz-Expires=1&X-Amz-Signature=A"
    path = "/files/s/d/t/x.parquet?" + query
    for _ in range(300):
        answer = stranger.ask("GET", path, headers={"X-Forwarded-For": "192.0.2.4"})
        assert answer.status_code == 403
    wait_until(lambda: [r for r in refused_records(bounded.owner) if r["peer"] == "192.0.2.4"],
               what="the first are recorded")  # fmt: skip
    records = [r for r in refused_records(bounded.owner) if r["peer"] == "192.0.2.4"]
    assert len(records) <= MOST_PASSED


def test_another_owners_share_looks_like_a_missing_one(governed):
    owner = governed.owner
    governed.share("theirs")
    governed.owner.create_recipient("globex")
    token = owner.ask("PUT", "/principals/seller", json={"role": "share_owner"})["token"]
    seller = Owner(governed.server, token)
    seller.create_share("own")
    assert [share["name"] for share in seller.get("/shares")["items"]] == ["own"]
    seller.create_recipient("acme")

    def answers(method, path, **arguments):
        return [
            seller.session.request(method, seller.base + path.format(s=share, r=recipient),
                                   timeout=60, **arguments)
            for share, recipient in (("theirs", "globex"), ("absent", "absent"))
        ]  # fmt: skip

    table = {"schema": "a", "table": "b", "location": "/none", "unchecked": True}
    for method, path, body in [
        ("GET", "/shares/{s}", None),
        ("PATCH", "/shares/{s}", {"comment": "x"}),
        ("DELETE", "/shares/{s}", None),
        ("POST", "/shares/{s}/tables", table),
        ("DELETE", "/shares/{s}/schemas/retail/tables/orders", None),
        ("PUT", "/shares/{s}/recipients/acme", {}),
        ("DELETE", "/shares/{s}/recipients/acme", None),
        ("GET", "/recipients/{r}", None),
        ("GET", "/recipients/{r}/profile", None),
        ("PATCH", "/recipients/{r}", {"comment": "x"}),
        ("DELETE", "/recipients/{r}", None),
        ("POST", "/recipients/{r}/tokens", {}),
        ("POST", "/recipients/{r}/rotation", {}),
        ("POST", "/recipients/{r}/activation-links", {}),
        ("DELETE", "/recipients/{r}/tokens/1", None),
    ]:
        theirs, absent = answers(method, path, json=body)
        assert theirs.status_code == absent.status_code, (method, path, theirs.text)
        there = theirs.text.replace("theirs", "NAME").replace("globex", "NAME")
        assert there == absent.text.replace("absent", "NAME"), (method, path)
    theirs, absent = [
        seller.session.post(seller.base + "/sql", json={"sql": f"DROP SHARE {name};"}, timeout=60)
        for name in ("theirs", "absent")
    ]
    assert theirs.text.replace("theirs", "NAME") == absent.text.replace("absent", "NAME")
    assert owner.get("/shares/theirs")["name"] == "theirs"


def test_oversized_everything_is_refused_and_the_server_goes_on(governed):
    owner = governed.owner
    big = "x" * 70_000
    for fields in (
        {"comment": big},
        {"properties": {f"k{i}": "v" for i in range(2_000)}},
        {"tags": {big: "v"}},
        {"schemas": ["s"] * 2_000},
    ):
        with pytest.raises(Refused) as refused:
            owner.create_share("big", **fields)
        assert refused.value.status in (400, 413)
    with pytest.raises(Refused) as refused:
        owner.create_recipient("big", allowedNetworks=["10.0.0.0/8"] * 500)
    assert refused.value.status == 400
    answer = owner.session.post(owner.base + "/shares", data="[" * 100_000, timeout=60)
    assert answer.status_code == 400
    answer = owner.session.post(owner.base + "/shares", data=b"x" * (3 << 20), timeout=60)
    assert answer.status_code == 413
    assert owner.get("/whoami")["role"] == "admin"


def test_unknown_fields_are_named_and_nothing_is_done(governed):
    with pytest.raises(Refused, match="did you mean 'comment'"):
        governed.owner.create_share("sales", coment="Daily sales")
    assert governed.owner.get("/shares")["items"] == []


def test_log_lines_and_records_cannot_be_forged(governed):
    agent = 'x" status=200\nrequest forged=true'
    acme = governed.recipient("acme")
    acme.session.headers["User-Agent"] = agent.replace("\n", "\t")
    acme.get("/shares/forged%0Aline")
    for line in governed.server.log().splitlines():
        assert not line.startswith("request forged")
        assert not line.startswith("line")


def test_secrets_stand_in_no_log_metric_error_or_database(governed, catalog):
    """Tokens, codes and keys that were given out are found nowhere but with whom they were given."""
    governed.share("sales")
    secrets = []
    governed.owner.create_recipient("acme")
    for _ in range(3):
        secrets.append(governed.owner.issue_token("acme")["token"])
    secrets.append(governed.owner.rotate_token("acme")["token"])
    link = governed.owner.activation_link("acme")
    secrets.append(link.rsplit("/", 1)[1])
    answer = governed.reader(None).session.get(link, headers={"User-Agent": "curl/8"}, timeout=60)
    secrets.append(answer.json()["bearerToken"])
    governed.owner.grant("sales", "acme")
    for secret in secrets:
        governed.reader(secret).query("sales", "retail", "orders")
    admin = governed.owner.session.headers["Authorization"].removeprefix("Bearer ")
    metrics = governed.owner.session.get(governed.server.admin + "/metrics", timeout=60).text
    listed = json.dumps([governed.owner.get(p) for p in ("/shares", "/recipients", "/principals")])
    governed.server.stop()
    texts = {"log": governed.server.log().encode(), "metrics": metrics.encode()}
    texts["lists"] = listed.encode()
    if catalog is not None:
        dump = [find_program("pg_dump"), catalog]
        texts["catalog"] = subprocess.run(dump, capture_output=True, check=True, timeout=60).stdout
    for folder, _, names in os.walk(governed.server.data_dir):
        for name in names:
            if name not in ("admin.token", "me.share", "master.key"):
                with open(os.path.join(folder, name), "rb") as file:
                    texts[name] = file.read()
    assert any("catalog" in name for name in texts) and any(n.endswith(".log") for n in texts)
    for secret in [*secrets, admin]:
        for place, text in texts.items():
            assert secret.encode() not in text, place


def test_a_crash_leaves_no_core_file(launch, tmp_path, monkeypatch):
    """Memory holds keys and tokens: what they are must not lie on a disk after a crash."""
    monkeypatch.chdir(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        crash(subprocess.Popen(["sleep", "60"]))
        cores = list(tmp_path.glob("core*"))
        if not cores:
            pytest.skip("this machine keeps no core files in the current folder")
        cores[0].unlink()
        crash(launch().process)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert list(tmp_path.glob("core*")) == []


def crash(process):
    process.send_signal(signal.SIGSEGV)
    assert process.wait(timeout=60) == -signal.SIGSEGV
