"""The guide's pages on stores, followed to the letter: docs/guide/storage.md and those below it."""

import base64
import hashlib
import json
import os
import shutil
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler

import pytest
from support.daemon import free_port
from support.guide import blocks, follow, holds
from support.lake import Table, fetch
from support.nginx import PageNginx
from support.owner import Owner, Refused
from support.server import wait_until
from support.signing import StoreRefused
from support.stores import Minio, Versitygw
from support.web import WebServer

PAGES = "storage/"
KEY, SECRET = "sluice-reader", "sluice-reader-secret"


def addresses(**more):
    """What the pages write for Sluice's own addresses, and what this run has."""
    own = {f"127.0.0.1:{port}": f"127.0.0.1:{free_port()}" for port in (8080, 8081)}
    return own | more


@pytest.fixture(scope="module")
def s3(request, tmp_path_factory, warehouse):
    """A store of the kind that a test names, with the key and the tables of the pages."""
    kind, arguments = request.param
    with_tls = request.getfixturevalue("tls") if arguments == "tls" else {}
    folder = tmp_path_factory.mktemp(kind.name) / "store"
    store = kind(str(folder), region="us-east-1", **with_tls)
    store.access_key, store.secret_key = KEY, SECRET
    with store:
        store.create_bucket("lake")
        store.put_folder("lake", warehouse, "warehouse")
        yield store


def s3_of(kind, arguments=None):
    return pytest.mark.parametrize(
        "s3", [(kind, arguments)], indirect=True, scope="module", ids=[kind.name]
    )


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "followed"
    path.mkdir()
    return path


@s3_of(Minio)
def test_the_first_page(s3, folder):
    follow("../../README.md", "readme", folder, address_of(s3))


def address_of(store):
    return addresses(**{"127.0.0.1:9000": f"127.0.0.1:{store.port}"})


@s3_of(Minio)
def test_what_all_stores_have_in_common(s3, folder):
    try:
        follow("storage.md", "common", folder, address_of(s3), store=s3)
    finally:
        s3.restart()


@s3_of(Minio)
def test_a_whole_folder(s3, folder):
    follow("storage.md", "folder", folder, address_of(s3))


@s3_of(Minio)
def test_what_goes_wrong(s3, folder):
    [config] = [block for block in blocks("storage.md", "common") if block.language == "yaml"]
    (folder / "sluice.yaml").write_text(config.text)
    follow("storage.md", "wrong", folder, address_of(s3))


class Refusing(BaseHTTPRequestHandler):
    """Answers all with the server's `refusal`."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        status, code, headers = self.server.refusal
        body = f"<Error><Code>{code}</Code><Message>played</Message></Error>".encode()
        self.send_response_only(status)
        for name, value in {"Date": formatdate(usegmt=True), **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


TWO_DAYS_AGO = formatdate(time.time() - 2 * 86400, usegmt=True)
REFUSALS = {
    "skew": (403, "RequestTimeTooSkewed", {"Date": TWO_DAYS_AGO}),
    "redirect": (301, "PermanentRedirect", {"Location": "https://elsewhere.example.com/lake"}),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_log_says_of_a_store_that_refuses(name, serve):
    with WebServer(Refusing) as refusing:
        refusing.refusal = REFUSALS[name]
        variables = {
            "AWS_ENDPOINT_URL": refusing.root,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }
        server = serve({"t": "s3://lake/warehouse/retail/orders"}, variables)
        assert server.query().status_code == 503
        [quoted] = blocks("storage.md", name)
        wait_until(lambda: holds(server.log(), quoted.text), 20, f"{quoted.text} in {server.log()}")


@s3_of(Minio)
def test_minio(s3, folder):
    follow(PAGES + "minio.md", "minio", folder, address_of(s3))


@s3_of(Minio)
def test_minio_by_temporary_credentials(s3, folder):
    follow(PAGES + "minio.md", "minio-dir", folder, address_of(s3))


@s3_of(Minio, "tls")
def test_minio_with_an_authority_of_ones_own(s3, folder):
    shutil.copy(s3.ca, folder / "ca.crt")
    follow(PAGES + "minio.md", "minio-tls", folder, address_of(s3))


@s3_of(Minio)
@pytest.mark.parametrize("page", ["minio", "aws"])
@pytest.mark.parametrize("delivery", ["url", "proxy"])
def test_the_policy_is_enough_and_no_more(s3, serve, tmp_path, page, delivery):
    """MinIO narrows a session by it as AWS would narrow a user."""
    [policy] = blocks(PAGES + page + ".md", "policy")
    narrowed = s3.assume_role(json.loads(policy.text))
    beside = Table(str(tmp_path / "table"), s3, "lake", path="beside/numbers")
    tables = {"orders": "s3://lake/warehouse/retail/orders", "beside": beside.location}
    variables = s3.client_environment() | {
        "AWS_ACCESS_KEY_ID": narrowed.access_key,
        "AWS_SECRET_ACCESS_KEY": narrowed.secret_key,
        "AWS_SESSION_TOKEN": narrowed.session_token,
    }
    server = serve(tables, variables, delivery=delivery)
    files = server.files("orders")
    assert len(files) == 13 and fetch(files[0]["url"]).status_code == 200
    assert server.query("beside").status_code == 503
    server.logs("AccessDenied")
    # It is enough to share the whole folder, too.
    owner = Owner(server)
    owner.create_share("whole")
    owner.ask("POST", "/shares/whole/folders", json={"location": "s3://lake/warehouse"})
    with pytest.raises(Refused) as refused:
        owner.ask("POST", "/shares/whole/folders", json={"location": "s3://lake/beside"})
    assert refused.value.status == 403 and "the folder s3://lake/beside" in refused.value.text


def seal(store, key):
    """Puts the tables once more, encrypted by a key of the owner's (SSE-C)."""
    field = "x-amz-server-side-encryption-customer-"
    headers = {
        field + "algorithm": "AES256",
        field + "key": base64.b64encode(key).decode(),
        field + "key-md5": base64.b64encode(hashlib.md5(key).digest()).decode(),
    }
    for name in store.list("lake", "warehouse/"):
        body = store.get("lake", name).body
        store.put("lake", name.replace("warehouse", "sealed", 1), body, headers)


@s3_of(Minio, "tls")
def test_objects_under_a_key_of_the_owners(s3, folder):
    key = os.urandom(32)
    seal(s3, key)
    shutil.copy(s3.ca, folder / "ca.crt")
    (folder / "customer.key").write_bytes(base64.b64encode(key))
    (folder / "lake.secret").write_text(SECRET)
    follow(PAGES + "aws.md", "sse-c", folder, address_of(s3))


@s3_of(Versitygw)
def test_other_s3_servers(s3, folder):
    spellings = addresses(**{"127.0.0.1:7070": f"127.0.0.1:{s3.port}"})
    follow(PAGES + "other-s3.md", "versitygw", folder, spellings)


@pytest.fixture
def lake(store, warehouse):
    """The tables of the pages in a bucket that the pages name."""
    try:
        store.create_bucket("lake")
    except StoreRefused as refused:
        assert refused.response.status == 409  # another test's, with the same tables
    store.put_folder("lake", warehouse, "warehouse")
    return store


@pytest.mark.parametrize("store", ["azurite"], indirect=True)
def test_azure(lake, folder):
    spellings = addresses(**{"127.0.0.1:10000": f"127.0.0.1:{lake.port}"})
    follow(PAGES + "azure.md", "azurite", folder, spellings)


@pytest.mark.parametrize("store", ["azurite_with_tokens"], indirect=True)
def test_azure_by_an_application(lake, identity, folder):
    identity.azure_clients = {"66666666-7777-8888-9999-000000000000": "client-secret"}
    (folder / "client.secret").write_text("client-secret\n")
    shutil.copy(lake.ca, folder / "ca.crt")
    variables = {"AZURE_AUTHORITY_HOST": identity.root}
    spellings = addresses(**{"127.0.0.1:10000": f"127.0.0.1:{lake.port}"})
    follow(PAGES + "azure.md", "entra", folder, spellings, variables=variables)


@pytest.mark.parametrize("store", ["fake_gcs"], indirect=True)
def test_google(lake, identity, folder):
    (folder / "reader.json").write_text(json.dumps(identity.service_account()))
    spellings = addresses(**{"127.0.0.1:4443": f"127.0.0.1:{lake.port}"})
    follow(PAGES + "google.md", "fake-gcs", folder, spellings)


def test_a_web_server(folder, tmp_path, warehouse):
    [page] = [block for block in blocks(PAGES + "web.md", "web") if block.language == "nginx"]
    tables = os.path.dirname(warehouse)
    with PageNginx(tmp_path / "nginx", page.text.replace("/srv/sluice", tables), "127.0.0.1:8090") as nginx:
        spellings = addresses(**{"127.0.0.1:8090": f"127.0.0.1:{nginx.port}"})
        follow(PAGES + "web.md", "web", folder, spellings)


def test_a_local_disk(folder, warehouse):
    spellings = addresses(**{"/srv/sluice": os.path.dirname(warehouse)})
    follow(PAGES + "local.md", "local", folder, spellings)
