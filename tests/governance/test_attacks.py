"""What people try who should not."""

import json
import os

import pytest
from support.owner import Owner, Refused

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
        assert answer.status_code == 401
        assert guess not in answer.text
    assert "sluice_guess" not in governed.server.log()


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


def test_secrets_stand_in_no_log_metric_error_or_database(governed):
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
    for folder, _, names in os.walk(governed.server.data_dir):
        for name in names:
            if name not in ("admin.token", "me.share", "master.key"):
                with open(os.path.join(folder, name), "rb") as file:
                    texts[name] = file.read()
    assert any("catalog" in name for name in texts) and any(n.endswith(".log") for n in texts)
    for secret in [*secrets, admin]:
        for place, text in texts.items():
            assert secret.encode() not in text, place
