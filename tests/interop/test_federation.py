"""Recipients that show tokens of a real identity provider, over HTTP and by the Python client."""

import json
import os
import stat
import subprocess
import time

import pytest
import requests
from support.caller import TIMEOUT_S, Caller
from support.identity_provider import IdentityProvider
from support.jwt import sign_hs256
from support.owner import Owner, Refused
from support.server import binary_path

SHARE = "warehouse"
BETWEEN_FETCHES_S = 10  # of an issuer's keys, where a token names one that is not known


@pytest.fixture
def provider(tmp_path):
    with IdentityProvider(str(tmp_path / "provider")) as running:
        yield running


@pytest.fixture
def server(launch, warehouse, provider):
    started = launch(warehouse, "--private-networks", "127.0.0.0/8")
    owner = Owner(started)
    owner.ask("PUT", "/issuers/corp", json={"url": provider.issuer})
    federate(owner, "acme", {"groups": "acme"})
    federate(owner, "umbrella", {"sub": "umbrella-es256"})
    return started


def federate(owner, name, claims, audience="sluice"):
    rule = {"issuer": "corp", "audience": audience, "claims": claims}
    owner.create_recipient(name, federation=rule)
    owner.grant(SHARE, name)


def status(server, token):
    return Caller(server.endpoint, token).get("/shares").status_code


@pytest.mark.parametrize("algorithm", ["rs256", "ps256", "es256"])
def test_a_token_of_the_provider_opens_what_its_recipient_is_granted(server, provider, algorithm):
    caller = Caller(server.endpoint, provider.token("acme-" + algorithm))
    assert [share["name"] for share in caller.get("/shares").json()["items"]] == [SHARE]
    assert caller.files(f"/shares/{SHARE}/schemas/retail/tables/customers")


def test_tokens_that_no_rule_fits_are_refused_alike(server, provider):
    refused = [
        provider.token("umbrella-rs256"),
        provider.token("acme-rs256", resource="https://other.example.com"),
        provider.token("acme-rs256")[:-8] + "AAAAAAAA",
        "sluice_unknown",
    ]
    answers = [Caller(server.endpoint, token).get("/shares") for token in refused]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["message"] for answer in answers}) == 1


def test_forged_tokens_are_refused(server, provider):
    now = int(time.time())
    claims = {"iss": provider.issuer, "aud": "sluice", "groups": ["acme"]}
    claims = {**claims, "sub": "acme-rs256", "iat": now, "exp": now + 600}
    keys = provider.get("/jwks")
    header = {"alg": "RS256", "kid": keys["keys"][0]["kid"]}
    assert status(server, provider.sign(header, claims)) == 200
    assert status(server, sign_hs256(claims, json.dumps(keys).encode())) == 401
    assert status(server, provider.sign({**header, "alg": "PS256"}, claims)) == 401
    for kid in ("../../../../dev/null", "' OR '1'='1", "", "k" * 2000, 7):
        assert status(server, provider.sign({**header, "kid": kid}, claims)) == 401
    for wrong in ({"exp": now - 600}, {"nbf": now + 600}, {"exp": now + 10_000_000},
                  {"iss": provider.issuer + "/"}, {"aud": "other"}):  # fmt: skip
        assert status(server, provider.sign(header, {**claims, **wrong})) == 401


def test_keys_can_rotate_and_the_provider_may_fail(server, provider):
    assert status(server, provider.token("acme-rs256")) == 200
    fetched = time.monotonic()
    provider.rotate()
    token = provider.token("acme-rs256")
    while status(server, token) != 200:
        assert time.monotonic() < fetched + BETWEEN_FETCHES_S + TIMEOUT_S
        time.sleep(0.2)
    other = provider.token("acme-es256")
    provider.fail()
    assert status(server, token) == 200
    assert status(server, other) == 200


SECRET_PLACE = "PUT-THE-CLIENT-SECRET-HERE"


def give_client(server, **client):
    rule = {"issuer": "corp", "audience": "sluice", "claims": {"groups": "acme"}, **client}
    Owner(server).ask("PATCH", "/recipients/acme", json={"federation": rule})


def sluice(server, *arguments):
    done = subprocess.run(
        [binary_path(), *map(str, arguments), "--data-dir", server.data_dir],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def reads_a_table(profile):
    delta_sharing = pytest.importorskip("delta_sharing")
    assert [s.name for s in delta_sharing.SharingClient(str(profile)).list_shares()] == [SHARE]
    return len(delta_sharing.load_as_pandas(f"{profile}#{SHARE}.retail.customers")) > 0


def test_the_python_client_reads_with_the_profile_as_it_is_handed_over(server, provider, tmp_path):
    give_client(server, clientId="acme-rs256")
    secret = tmp_path / "secret.txt"
    secret.write_text(provider.secret + "\n")
    profile = tmp_path / "acme.share"
    sluice(server, "recipient", "profile", "acme", "--client-secret-file", secret, "--out", profile)
    assert stat.S_IMODE(profile.stat().st_mode) == 0o600
    assert json.loads(profile.read_text()) == {
        "shareCredentialsVersion": 2,
        "type": "oauth_client_credentials",
        "endpoint": server.endpoint,
        "tokenEndpoint": provider.token_endpoint,
        "clientId": "acme-rs256",
        "clientSecret": provider.secret,
    }
    assert reads_a_table(profile)
    for folder, _, names in os.walk(server.data_dir):  # the server was not told the secret
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                assert provider.secret.encode() not in open(path, "rb").read(), path
    assert provider.secret not in server.log()


def test_an_activation_link_gives_the_profile_to_fill_in(server, provider, tmp_path):
    give_client(server, clientId="acme-rs256", scope="read")
    owner = Owner(server)
    link = owner.activation_link("acme")
    answer = requests.get(link, headers={"User-Agent": "curl/8"}, timeout=TIMEOUT_S)
    assert answer.status_code == 200
    given = answer.json()
    assert given["shareCredentialsVersion"] == 2 and given["scope"] == "read"
    assert given["clientSecret"] == SECRET_PLACE and "bearerToken" not in given
    assert requests.post(link, timeout=TIMEOUT_S).status_code == 404  # it works once
    assert "tokens" not in owner.get("/recipients/acme")
    profile = tmp_path / "acme.share"
    del given["scope"]  # the provider knows none
    profile.write_text(json.dumps({**given, "clientSecret": provider.secret}))
    assert reads_a_table(profile)


def test_who_has_no_client_at_the_provider_is_given_no_profile_and_no_token(server, provider):
    owner = Owner(server)
    for ask in (lambda: owner.activation_link("umbrella"),
                lambda: owner.get("/recipients/umbrella/profile")):  # fmt: skip
        with pytest.raises(Refused, match="clientId"):
            ask()
    give_client(server, clientId="acme-rs256")
    with pytest.raises(Refused, match="tokens of its identity provider"):
        owner.activation_link("acme", lifetime="1d")
    link = owner.activation_link("acme")
    give_client(server)  # no client any more: the link must not fall back to a token
    assert requests.post(link, timeout=TIMEOUT_S).status_code == 404
    owner.create_recipient("plain")
    with pytest.raises(Refused, match="activation link"):
        owner.get("/recipients/plain/profile")


def test_a_token_endpoint_that_sends_the_secret_in_clear_is_refused(server, provider):
    with pytest.raises(Refused):
        give_client(server, clientId="a", tokenEndpoint="http://id.example.com/token")
    with pytest.raises(Refused, match="clientId"):
        give_client(server, tokenEndpoint="https://id.example.com/token")
    give_client(server, clientId="a", tokenEndpoint="https://id.example.com/token")
    profile = Owner(server).get("/recipients/acme/profile")
    assert profile["tokenEndpoint"] == "https://id.example.com/token"


DOCUMENT = "/oidc/.well-known/openid-configuration"


def test_a_browser_is_told_where_to_sign_in_and_reads_below_that_address(server, provider):
    """As clients do that sign in with a browser: they know one address, of the recipient alone."""
    owner = Owner(server)
    own = owner.get("/recipients/acme")["ownEndpoint"]
    document = requests.get(own + DOCUMENT, timeout=TIMEOUT_S)
    assert document.status_code == 200
    theirs = provider.get("/.well-known/openid-configuration")
    for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"):
        assert document.json()[name] == theirs[name]
    caller = Caller(own, provider.token("acme-rs256"))
    assert [share["name"] for share in caller.get("/shares").json()["items"]] == [SHARE]
    assert caller.files(f"/shares/{SHARE}/schemas/retail/tables/customers")


def test_an_address_of_a_recipient_is_no_others_and_tells_nothing(server, provider):
    owner = Owner(server)
    own = owner.get("/recipients/acme")["ownEndpoint"]
    for token in (provider.token("umbrella-es256"), "wrong"):
        answer = Caller(own, token).get("/shares")
        assert answer.status_code == 401
        assert answer.json()["message"] == "the bearer token is not valid"
    plain = owner.create_recipient("plain")["id"]
    gone = owner.create_recipient("gone")["id"]
    owner.ask("DELETE", "/recipients/gone")
    disabled = own.rsplit("/", 1)[1]
    owner.ask("PATCH", "/recipients/acme", json={"enabled": False})
    base = own.rsplit("/", 1)[0]
    answers = [
        requests.get(f"{base}/{recipient}{DOCUMENT}", timeout=TIMEOUT_S)
        for recipient in (plain, gone, disabled, "acme", "umbrella", "none")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (404, answers[0].text)
    }


def test_the_document_outlives_the_provider(server, provider):
    own = Owner(server).get("/recipients/acme")["ownEndpoint"]
    assert requests.get(own + DOCUMENT, timeout=TIMEOUT_S).status_code == 200
    provider.fail()
    assert requests.get(own + DOCUMENT, timeout=TIMEOUT_S).status_code == 200
