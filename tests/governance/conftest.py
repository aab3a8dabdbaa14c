"""Servers with managed shares and recipients, for the tests of governance."""

import pytest
from governance_support import Governed
from support.access_log import AccessLog
from support.stores import Minio


def pytest_addoption(parser):
    group = parser.getgroup("governance")
    group.addoption("--full", action="store_true", help="all of what is sampled else")


@pytest.fixture
def governed(launch, warehouse):
    return Governed(launch(), warehouse)


@pytest.fixture
def access_log():
    with AccessLog() as log:
        yield log


@pytest.fixture
def minio(tmp_path, access_log, warehouse):
    """A store with the sample tables in the bucket `lake`, which tells `access_log` what it answers."""
    with Minio(str(tmp_path / "minio"), variables=access_log.variables()) as store:
        store.create_bucket("lake")
        store.put_folder("lake", warehouse, "warehouse")
        yield store
