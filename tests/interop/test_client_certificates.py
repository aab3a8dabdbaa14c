"""Client certificates: who gets as far as a request, and who does not."""

import signal

import pytest
import requests
from support.caller import caller_of
from support.certificates import Authority
from support.server import wait_until


@pytest.fixture
def authority(tmp_path):
    return Authority(str(tmp_path / "authority"))


def start(launch, warehouse, authority, ask):
    arguments = ("--tls-client-auth", ask, "--tls-client-ca", authority.certificate)
    return launch(warehouse, "--tls-self-signed", *arguments)


def status_for(server, certificate=None):
    """Of a list of shares with the right token; None if the connection is refused."""
    caller = caller_of(server, verify=server.data_dir + "/tls.crt")
    pair = certificate and (certificate.certificate, certificate.key)
    try:
        return caller.get("/shares", cert=pair).status_code
    except requests.exceptions.ConnectionError:
        return None


def test_required_certificates_are_those_of_the_authority(launch, warehouse, authority, tmp_path):
    server = start(launch, warehouse, authority, "required")
    stranger = Authority(str(tmp_path / "stranger"), "Stranger")
    assert status_for(server, authority.issue("acme.example.com", usage="clientAuth")) == 200
    assert status_for(server) is None
    assert status_for(server, stranger.issue("acme.example.com", usage="clientAuth")) is None
    assert status_for(server, authority.issue("web.example.com")) is None
    assert requests.get(server.admin + "/healthz", timeout=60).status_code == 200


def test_optional_certificates_leave_tokens_as_they_are(launch, warehouse, authority, tmp_path):
    server = start(launch, warehouse, authority, "optional")
    stranger = Authority(str(tmp_path / "stranger"), "Stranger")
    assert status_for(server, authority.issue("acme.example.com", usage="clientAuth")) == 200
    assert status_for(server) == 200
    assert status_for(server, stranger.issue("acme.example.com", usage="clientAuth")) is None


def test_another_authority_is_believed_after_sighup(launch, warehouse, authority, tmp_path):
    server = start(launch, warehouse, authority, "required")
    before = authority.issue("acme.example.com", usage="clientAuth")
    assert status_for(server, before) == 200
    other = Authority(str(tmp_path / "other"), "Other")
    with open(other.certificate, "rb") as file, open(authority.certificate, "wb") as place:
        place.write(file.read())
    server.process.send_signal(signal.SIGHUP)
    after = other.issue("acme.example.com", usage="clientAuth")
    wait_until(lambda: status_for(server, after) == 200, what="the other authority is believed")
    assert status_for(server, before) is None
