"""The pages for owners, followed to the letter."""

import os
import shutil

import pytest
from support.certificates import Authority
from support.daemon import free_port
from support.identity_provider import IdentityProvider
from support.large_table import write_large_table
from support.owner import Owner
from support.server import REPOSITORY, Server


def test_first_share_in_five_minutes(try_page):
    try_page("first-share.md", "share")


@pytest.fixture
def shared(folder):
    """The data directory that the first page leaves, and `acme.token` in the folder."""
    state = str(folder / "state")
    with Server(None, state) as server:
        owner = Owner(server)
        owner.create_share("sales", region="eu-west-1")
        location = str(folder / "warehouse" / "retail" / "orders")
        owner.add_table("sales", "retail", "orders", location, historyShared=True)
        owner.create_recipient("acme", region="us-east-1")
        owner.grant("sales", "acme")
        issued = owner.issue_token("acme")
        (folder / "acme.token").write_text(issued["token"])
    return {"SLUICE_DATA_DIR": state}


def test_records_and_proofs(try_page, shared, folder):
    shutil.copy(os.path.join(REPOSITORY, "tools", "audit_verify.py"), folder)
    try_page("audit.md", "audit", variables=shared)


def test_quotas_and_costs(try_page, shared, folder):
    write_large_table(str(folder / "five-terabytes"), files=5, file_bytes=10**12)
    try_page("quotas.md", "quotas", variables=shared)


def test_identity_providers(try_page, shared, tmp_path):
    with IdentityProvider(str(tmp_path / "provider")) as provider:
        variables = {
            **shared,
            "CLIENT_SECRET": provider.secret,
            "SLUICE_PRIVATE_NETWORKS": "127.0.0.0/8",
            "SLUICE_PLAIN_HTTP_ISSUERS": "127.0.0.1",
        }
        spellings = {"https://login.example.com": provider.issuer}
        try_page("identity.md", "oidc", variables=variables, spellings=spellings)


def test_client_certificates(try_page, shared):
    try_page("identity.md", "mtls", variables=shared)


def test_networks(try_page, shared):
    try_page("identity.md", "networks", variables=shared)


@pytest.mark.parametrize("name", ["folder", "file", "check", "tls", "metrics"])
def test_more_for_an_owner(try_page, folder, name):
    port = free_port()
    certificate = Authority(str(folder / "authority")).issue("localhost")
    shutil.copy(certificate.certificate, folder / "cert.pem")
    shutil.copy(certificate.key, folder / "key.pem")
    shutil.copy(folder / "authority" / "ca.crt", folder / "ca.crt")
    with open(folder / "cert.pem", "ab") as chain:
        chain.write((folder / "ca.crt").read_bytes())
    refused = os.path.join("tests", "data", "tables", "unknown-reader-feature")
    shutil.copytree(os.path.join(REPOSITORY, refused), folder / refused)
    spellings = {
        "/srv/sluice": str(folder),
        "127.0.0.1:8080": f"127.0.0.1:{port}",
        "localhost:8080": f"localhost:{port}",
    }
    try_page("owner.md", name, spellings=spellings)
