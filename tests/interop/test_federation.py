"""Recipients that show tokens of a real identity provider, over HTTP and by the Python client."""

import json
import time

import pytest
from support.caller import TIMEOUT_S, Caller
from support.identity_provider import IdentityProvider
from support.jwt import sign_hs256
from support.owner import Owner

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


def test_the_python_client_reads_with_client_credentials(server, provider, tmp_path):
    delta_sharing = pytest.importorskip("delta_sharing")
    profile = tmp_path / "acme.share"
    profile.write_text(
        json.dumps(
            {
                "shareCredentialsVersion": 2,
                "type": "oauth_client_credentials",
                "endpoint": server.endpoint,
                "tokenEndpoint": provider.token_endpoint,
                "clientId": "acme-rs256",
                "clientSecret": provider.secret,
            }
        )
    )
    assert [s.name for s in delta_sharing.SharingClient(str(profile)).list_shares()] == [SHARE]
    table = delta_sharing.load_as_pandas(f"{profile}#{SHARE}.retail.customers")
    assert len(table) > 0
