"""What an owner says of stores: names, prefixes and keys, another public address, TLS, private
networks, and a proxy in front of Sluice."""

import base64
import hashlib
import json
import os
import subprocess
import time

import pytest
import requests
import yaml
from support.daemon import free_port
from support.lake import Table, fetch, files_of, prefix_of
from support.proxy import TlsProxy
from support.server import ServerFailed, binary_path
from support.stores import Minio
from support.web import FileHandler, WebServer, files_below

only_minio = pytest.mark.parametrize("store", ["minio"], indirect=True)
each_s3 = pytest.mark.parametrize("store", ["minio", "versitygw"], indirect=True)


def secret_file(folder, name, text):
    path = folder / name
    path.write_text(text + "\n")
    return str(path)


def described(store, bucket, folder, **more):
    """An S3 store as a configuration names it, its secret in a file."""
    return {
        "name": f"{store.name}-{bucket}",
        "prefix": prefix_of(store, bucket),
        "endpoint": store.endpoint,
        "region": store.region,
        "accessKeyId": store.access_key,
        "secretAccessKeyFile": secret_file(folder, f"{bucket}.secret", store.secret_key),
        **more,
    }


def test_several_stores_are_told_apart_by_their_prefix(minio, versitygw, tmp_path, serve):
    tables, stores = {}, []
    for store, bucket in ((minio, "told-apart-one"), (versitygw, "told-apart-two")):
        store.create_bucket(bucket)
        tables[store.name] = Table(str(tmp_path / store.name), store, bucket)
        stores.append(described(store, bucket, tmp_path))
    server = serve({name: table.location for name, table in tables.items()}, stores=stores)
    for name, table in tables.items():
        [file, _] = server.files(name)
        assert file["url"].startswith(table.store.endpoint + "/")
        assert fetch(file["url"]).status_code == 200


@only_minio
def test_the_longest_prefix_counts(store, table, tmp_path, serve):
    wrong = described(store, table.bucket, tmp_path)
    wrong |= {"name": "wrong", "accessKeyId": "nobody"}
    right = described(store, table.bucket, tmp_path, prefix=f"s3://{table.bucket}/lake")
    assert len(serve({"t": table.location}, stores=[wrong, right]).files()) == 2


@only_minio
def test_a_prefix_may_be_spelt_as_locations_are(store, table, tmp_path, serve):
    said = described(store, table.bucket, tmp_path, prefix=f"s3a://{table.bucket}/")
    server = serve({"t": table.location}, {"AWS_EC2_METADATA_DISABLED": "true"}, stores=[said])
    assert len(server.files()) == 2


@each_s3
def test_links_name_the_public_endpoint(store, table, tmp_path, serve, relay):
    public = described(store, table.bucket, tmp_path, publicEndpoint=relay.root)
    [file, _] = serve({"t": table.location}, stores=[public]).files()
    assert file["url"].startswith(relay.root + "/")
    assert relay.asked() == []  # the server itself goes by the other way
    assert fetch(file["url"]).status_code == 200


@only_minio
def test_a_table_is_checked_with_the_stores_of_a_configuration(store, table, tmp_path):
    path = tmp_path / "sluice.yaml"
    said = {"version": 1, "shares": [], "stores": [described(store, table.bucket, tmp_path)]}
    path.write_text(yaml.safe_dump(said))

    def check(*arguments):
        command = [binary_path(), "table", "check", table.location, *arguments]
        alone = {"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"}
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=alone)

    assert check().returncode != 0
    found = check("--config", str(path), "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["numFiles"] == 2


@only_minio
def test_an_unknown_store_option_ends_the_start(store, table, tmp_path, serve):
    said = described(store, table.bucket, tmp_path, endpont="x")
    with pytest.raises(ServerFailed, match="endpoint"):
        serve({"t": table.location}, stores=[said])


@only_minio
def test_a_secret_file_that_is_not_there_ends_the_start(store, table, tmp_path, serve):
    said = described(store, table.bucket, tmp_path, secretAccessKeyFile="/nowhere/at/all")
    with pytest.raises(ServerFailed, match="secret"):
        serve({"t": table.location}, stores=[said])


@pytest.fixture
def table_by_tls(tmp_path, tls):
    with Minio(str(tmp_path / "minio"), **tls) as store:
        store.create_bucket("lake")
        yield Table(str(tmp_path / "table"), store, "lake")


def test_a_store_with_a_certificate_of_the_owners_authority(table_by_tls, tmp_path, serve):
    store = table_by_tls.store
    said = described(store, "lake", tmp_path, caFile=store.ca)
    [file, _] = serve({"t": table_by_tls.location}, stores=[said]).files()
    assert file["url"].startswith("https://127.0.0.1:")
    assert fetch(file["url"], verify=store.ca).status_code == 200


def test_a_certificate_of_a_stranger_is_refused(table_by_tls, tmp_path, serve):
    said = described(table_by_tls.store, "lake", tmp_path)
    server = serve({"t": table_by_tls.location}, stores=[said])
    answer = server.query()
    assert answer.status_code == 503 and "://" not in answer.text
    assert "certificate" not in answer.text
    server.logs("certificate")
    assert server.store_counts("failures") >= 1 and server.store_counts("retries") == 0


def test_objects_that_the_owners_key_encrypts_come_by_proxy(table_by_tls, tmp_path, serve):
    """SSE-C: the store keeps no key, so that a link to it is of no use to a recipient."""
    table, store = table_by_tls, table_by_tls.store
    key = bytes(range(32))
    with_key = {
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
        "x-amz-server-side-encryption-customer-key": base64.b64encode(key).decode(),
        "x-amz-server-side-encryption-customer-key-md5": base64.b64encode(
            hashlib.md5(key).digest()
        ).decode(),
    }
    for name in sorted(table.kept):
        with open(os.path.join(table.folder, name), "rb") as file:
            store.put("lake", f"{table.path}/{name}", file.read(), with_key)

    text = base64.b64encode(key).decode()
    options = {"caFile": store.ca, "customerKeyFile": secret_file(tmp_path, "customer.key", text)}
    said = described(store, "lake", tmp_path, **options)
    server = serve({"t": table.location}, stores=[said])
    [file, _] = server.files()
    assert file["url"].startswith(server.endpoint + "/files/")
    whole = fetch(file["url"])
    assert whole.content[:4] == whole.content[-4:] == b"PAR1" and text not in server.log()
    with pytest.raises(ServerFailed, match="use proxy"):
        serve({"t": table.location}, stores=[said], delivery="url")
    without = {name: value for name, value in said.items() if name != "customerKeyFile"}
    assert serve({"t": table.location}, stores=[without]).query().status_code == 503


@pytest.fixture
def website(tmp_path):
    """A folder that a web server gives away; it tells what it was asked."""
    folder = tmp_path / "website"
    folder.mkdir()

    class Handler(FileHandler):
        def log_message(self, *_):
            self.server.asked.append(self.path)

    with WebServer(files_below(folder, Handler)) as server:
        server.folder, server.asked = folder, []
        yield server


class Put:
    """Puts objects into the folder of a web site, as a store would take them."""

    def __init__(self, folder):
        self.folder = folder

    def put(self, _bucket, key, body):
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def test_a_private_address_is_refused_unless_it_is_listed(website, tmp_path, serve):
    Table(str(tmp_path / "table"), Put(website.folder), None, path="numbers")
    location = website.root + "/numbers"
    refusing = serve({"t": location})
    begin = time.monotonic()
    answer = refusing.query()
    assert answer.status_code == 503 and "127.0.0.1" not in answer.text
    assert website.asked == []
    assert time.monotonic() - begin < 20
    refusing.logs("127.0.0.1 is not listed")
    allowing = serve({"t": location}, privateNetworks=["127.0.0.0/8"])
    [file, _] = allowing.files()
    assert fetch(file["url"]).content[:4] == b"PAR1"


def test_the_networks_that_are_listed_are_those_alone(website, tmp_path, serve):
    Table(str(tmp_path / "table"), Put(website.folder), None, path="numbers")
    server = serve({"t": website.root + "/numbers"}, privateNetworks=["10.0.0.0/8"])
    assert server.query().status_code == 503 and website.asked == []


def check_through(proxy, authority, file):
    assert file["url"].startswith(proxy.root + "/delta-sharing/files/s/d/t/")
    whole = fetch(file["url"], verify=authority.certificate)
    assert whole.status_code == 200 and len(whole.content) == file["size"]
    part = fetch(file["url"], headers={"Range": "bytes=-4"}, verify=authority.certificate)
    assert (part.status_code, part.content) == (206, b"PAR1")


@only_minio
def test_links_follow_the_proxy_in_front(store, table, serve, tmp_path, certificate, authority):
    said = {"delivery": "proxy", "trustedProxies": ["127.0.0.1"]}
    server = serve({"t": table.location}, store.client_environment(), **said)
    with TlsProxy(str(tmp_path / "nginx"), server.root, certificate) as proxy:
        endpoint = proxy.root + "/delta-sharing"
        [file, _] = server.files(endpoint=endpoint, verify=authority.certificate)
        check_through(proxy, authority, file)


@only_minio
def test_links_begin_with_the_public_url(store, table, serve, tmp_path, certificate, authority):
    """Below a path of the proxy's, which no header tells."""
    address = f"127.0.0.1:{free_port()}"
    folder = str(tmp_path / "nginx")
    with TlsProxy(folder, "http://" + address, certificate, path="/below") as proxy:
        said = {"delivery": "proxy", "publicUrl": proxy.root, "listen": address}
        server = serve({"t": table.location}, store.client_environment(), **said)
        [file, _] = server.files()
        check_through(proxy, authority, file)


@only_minio
def test_a_stranger_cannot_bend_links(store, table, serve):
    server = serve({"t": table.location}, store.client_environment(), delivery="proxy")
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    url = f"{server.endpoint}/shares/s/schemas/d/tables/t/query"
    headers = {"Authorization": "Bearer stores-token", **forwarded}
    answer = requests.post(url, json={}, headers=headers, timeout=60)
    assert all(file["url"].startswith(server.endpoint) for file in files_of(answer))
