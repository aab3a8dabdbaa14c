"""The object stores, started once for all tests of this folder, and what tests need around them."""

import contextlib
import os
import re

import pytest
from support.certificates import Authority
from support.cloud_identity import CloudIdentity
from support.lake import Sharing, Table
from support.relay import Relay
from support.stores import STORES, Azurite, FakeGcs, Minio, Versitygw


def started(kind, factory, **arguments):
    folder = factory.mktemp(kind.name)
    with kind(str(folder / "store"), **arguments) as store:
        yield store


@pytest.fixture(scope="session")
def minio(tmp_path_factory):
    yield from started(Minio, tmp_path_factory)


@pytest.fixture(scope="session")
def versitygw(tmp_path_factory):
    yield from started(Versitygw, tmp_path_factory)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory):
    yield from started(Azurite, tmp_path_factory)


@pytest.fixture(scope="session")
def fake_gcs(tmp_path_factory):
    yield from started(FakeGcs, tmp_path_factory)


@pytest.fixture(params=STORES)
def store(request):
    """Each of the four in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def bucket_name(request):
    """A name that no other test has."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{words[:40].strip('-')}-{os.urandom(4).hex()}"


@pytest.fixture
def bucket(store, bucket_name):
    """A new bucket in `store`; a test that names one store itself calls store.create_bucket."""
    store.create_bucket(bucket_name)
    return bucket_name


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(str(tmp_path_factory.mktemp("authority")))


@pytest.fixture(scope="session")
def certificate(authority):
    """Of this machine, issued by `authority`."""
    return authority.issue("127.0.0.1", "localhost")


@pytest.fixture(scope="session")
def tls(authority, certificate):
    """Arguments with which a store speaks TLS: Minio(folder, **tls)."""
    return {"certificate": certificate, "ca": authority.certificate}


@pytest.fixture(scope="session")
def azurite_with_tokens(tmp_path_factory, tls):
    """Azurite with TLS: it takes the tokens of Entra too."""
    yield from started(Azurite, tmp_path_factory, **tls)


@pytest.fixture
def identity():
    """A new emulator of the clouds' token services for each test."""
    with CloudIdentity() as running:
        yield running


@pytest.fixture
def table(store, bucket, tmp_path):
    """A small Delta table in `store` that can grow."""
    return Table(str(tmp_path / "table"), store, bucket)


@pytest.fixture
def serve(tmp_path):
    """Starts a server: serve({"t": location}, variables, stores=[...], delivery="url")."""
    with contextlib.ExitStack() as running:

        def start(tables, variables=None, **said):
            folder = str(tmp_path / f"server-{os.urandom(3).hex()}")
            return running.enter_context(Sharing(folder, tables, variables, **said))

        yield start


@pytest.fixture
def relay(store):
    """Before `store`, to see what it is asked."""
    with Relay(store.port) as running:
        yield running
