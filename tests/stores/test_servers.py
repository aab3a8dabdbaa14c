"""The stores themselves: what the other tests of this folder take for granted."""

import copy
import os
import socket
import subprocess
import sys

import pyarrow
import pytest
from deltalake import DeltaTable, write_deltalake
from support import daemon
from support.certificates import Authority
from support.proxy import TlsProxy
from support.server import REPOSITORY
from support.signing import AwsCredentials, Request, StoreRefused, send, sign_aws
from support.stores import STORES, Minio, all_stores

KEYS = [
    "a/B.txt",
    "a/b 1.txt",
    "a/b~c=d.json",
    "a/ü+&%.txt",
    "log/00000000000000000001.json",
    "log/00000000000000000002.json",
]


@pytest.fixture
def filled(store, bucket):
    for key in reversed(KEYS):
        store.put(bucket, key, b"0123456789")
    return bucket


def test_takes_and_gives_objects(store, filled):
    for key in KEYS:
        assert store.get(filled, key).body == b"0123456789"
        assert store.head(filled, key).headers["content-length"] == "10"


def test_gives_ranges(store, filled):
    for key in KEYS:
        assert store.get_range(filled, key, 2, 4) == b"234"


def test_lists_in_order(store, filled):
    assert store.list(filled) == KEYS
    assert store.list(filled, prefix="a/b") == KEYS[1:3]


def test_lists_from_a_key(store, filled):
    assert store.list(filled, start_after=KEYS[4]) == KEYS[5:]
    assert store.list(filled, prefix="a/", start_after=KEYS[1]) == KEYS[2:4]
    assert store.list(filled, prefix="log/", start_after="log/00000000000000000000") == KEYS[4:]


def test_puts_only_if_absent(store, filled):
    assert not store.put_if_absent(filled, KEYS[0], b"other")
    assert store.get(filled, KEYS[0]).body == b"0123456789"
    assert store.put_if_absent(filled, "new.txt", b"new")


def test_deletes(store, filled):
    store.delete(filled, KEYS[0])
    assert store.list(filled) == KEYS[1:]


def test_refuses_what_is_not_there(store, bucket):
    with pytest.raises(StoreRefused) as refused:
        store.get(bucket, "nothing.txt")
    assert refused.value.response.status == 404


@pytest.mark.parametrize("name", ["minio", "versitygw", "azurite"])
def test_refuses_a_wrong_key(name, request, bucket_name):
    """Not fake-gcs-server: it asks for none."""
    store = request.getfixturevalue(name)
    store.create_bucket(bucket_name)
    url = store.object_url(bucket_name, "x.txt")
    assert send(Request("GET", url)).status in (401, 403, 404)
    wrong = copy.copy(store)
    wrong.secret_key, wrong.key = "wrong" * 8, "d3Jvbmc="
    with pytest.raises(StoreRefused) as refused:
        wrong.put(bucket_name, "x.txt", b"x")
    assert refused.value.response.status == 403


def test_takes_a_folder(store, bucket, warehouse):
    keys = store.put_folder(bucket, warehouse, "tables")
    assert store.list(bucket) == sorted(keys)
    assert "tables/retail/orders/_delta_log/00000000000000000000.json" in keys


def delta_url(store, bucket, path):
    """delta-rs finds Azurite's blobs by this scheme; Azurite has no DFS endpoint."""
    return f"az://{bucket}/{path}" if store.name == "azurite" else store.location(bucket, path)


def test_delta_rs_reads_there(store, bucket, warehouse):
    store.put_folder(bucket, warehouse, "tables")
    url = delta_url(store, bucket, "tables/retail/orders")
    table = DeltaTable(url, storage_options=store.delta_options())
    assert (table.version(), len(table.to_pyarrow_table())) == (3, 572)


@pytest.mark.parametrize("name", ["minio", "versitygw", "azurite"])
def test_delta_rs_writes_there(name, request, bucket_name):
    """Not fake-gcs-server: it takes no object by PUT, as delta-rs sends them."""
    store = request.getfixturevalue(name)
    store.create_bucket(bucket_name)
    url, options = delta_url(store, bucket_name, "t"), store.delta_options()
    write_deltalake(url, pyarrow.table({"id": [1, 2, 3]}), storage_options=options)
    write_deltalake(url, pyarrow.table({"id": [4]}), storage_options=options, mode="append")
    table = DeltaTable(url, storage_options=options)
    assert (table.version(), len(table.to_pyarrow_table())) == (1, 4)


@pytest.mark.parametrize("name", STORES)
def test_speaks_tls(name, tmp_path, tls):
    with STORES[name](str(tmp_path / name), **tls) as store:
        assert store.endpoint.startswith("https://127.0.0.1:")
        store.create_bucket("lake")
        store.put("lake", "x.txt", b"x")
        assert store.list("lake") == ["x.txt"]
        stranger = Authority(str(tmp_path / "stranger"), "Stranger")
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            send(Request("GET", store.endpoint), stranger.certificate)


@pytest.mark.parametrize("name", STORES)
def test_is_gone_after_stop_and_comes_back_with_its_objects(name, tmp_path):
    with STORES[name](str(tmp_path / name)) as store:
        store.create_bucket("lake")
        store.put("lake", "x.txt", b"x")
        first = store.process.pid
        store.stop()
        assert not os.path.exists(f"/proc/{first}")
        with pytest.raises(OSError):
            send(Request("GET", store.endpoint))
        store.restart()
        assert store.get("lake", "x.txt").body == b"x"
        last = store.process.pid
    assert not os.path.exists(f"/proc/{last}")


def test_ends_with_the_tests_that_started_it(tmp_path):
    """Even when those are killed."""
    text = (
        "import os, sys; sys.path.insert(0, 'tests')\n"
        "from support.stores import FakeGcs\n"
        f"store = FakeGcs({str(tmp_path / 'gcs')!r}).start()\n"
        "print(store.process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    daemon.wait_until(lambda: not is_running(pid), what="the orphan ends")


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_all_four_start_together(tmp_path):
    with all_stores(str(tmp_path)) as stores:
        assert list(stores) == ["minio", "versitygw", "azurite", "fake_gcs"]
        assert len({store.port for store in stores.values()}) == 4


def test_a_missing_program_is_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(daemon, "REPOSITORY", str(tmp_path))
    with pytest.raises(daemon.NotInstalled, match="run ./dev setup"):
        Minio(str(tmp_path / "store")).start()


def test_a_failed_start_shows_the_log(tmp_path):
    store = Minio(str(tmp_path / "store"))
    store.access_key = "x"  # too short for MinIO
    with pytest.raises(daemon.NotStarted, match="MINIO_ROOT_USER"):
        store.start()
    assert not store.running()


READ_ONE_TABLE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::sts-lake/one/*"],
        }
    ],
}


def test_minio_narrows_temporary_credentials(minio):
    minio.create_bucket("sts-lake")
    minio.put("sts-lake", "one/x.txt", b"x")
    minio.put("sts-lake", "two/x.txt", b"x")
    narrow = minio.assume_role(READ_ONE_TABLE)
    assert narrow.session_token and narrow.expires

    def get(key):
        request = Request("GET", minio.object_url("sts-lake", key))
        return send(sign_aws(request, narrow, minio.region)).status

    assert (get("one/x.txt"), get("two/x.txt")) == (200, 403)


def test_minio_answers_virtual_hosts(minio, bucket_name):
    minio.create_bucket(bucket_name)
    minio.put(bucket_name, "x.txt", b"virtual")
    host = f"{bucket_name}.{minio.domain}:{minio.port}"
    signed = sign_aws(Request("GET", f"http://{host}/x.txt"), minio.credentials, minio.region)
    signed.url = minio.root + "/x.txt"
    assert send(signed).body == b"virtual"


def test_minio_is_in_its_region_alone(minio, bucket_name):
    minio.create_bucket(bucket_name)
    request = Request("GET", f"{minio.endpoint}/{bucket_name}")
    credentials = AwsCredentials(minio.access_key, minio.secret_key)
    assert send(sign_aws(request, credentials, "us-west-2")).status == 400


def test_a_paused_store_answers_when_it_goes_on(minio, bucket_name):
    minio.create_bucket(bucket_name)
    minio.pause()
    with socket.create_connection((minio.host, minio.port), timeout=1) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        minio.resume()
        connection.settimeout(daemon.START_LIMIT_S)
        assert connection.recv(8) == b"HTTP/1.1"


def test_nginx_ends_tls_and_says_who_asked(tmp_path, identity, certificate, authority):
    with TlsProxy(str(tmp_path / "nginx"), identity.root, certificate, path="/share") as proxy:
        url = proxy.root + "/oidc/keys"
        assert send(Request("GET", url), authority.certificate).status == 200
    [asked] = identity.asked("/oidc/keys")
    assert asked.headers["x-forwarded-proto"] == "https"
    assert asked.headers["x-forwarded-host"] == asked.headers["host"] == f"127.0.0.1:{proxy.port}"
    assert asked.headers["x-forwarded-for"] == "127.0.0.1"
