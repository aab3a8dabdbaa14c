"""Servers with managed shares and recipients, for the tests of governance."""

import itertools

import pytest
from governance_support import Governed
from support.access_log import AccessLog
from support.postgres import temporary_postgres
from support.stores import Minio


def pytest_addoption(parser):
    group = parser.getgroup("governance")
    group.addoption("--full", action="store_true", help="all of what is sampled else")
    group.addoption("--catalog", choices=["sqlite", "postgres"], default="sqlite", help="of the servers")


def pytest_configure(config):
    config.addinivalue_line("markers", "sqlite: about SQLite's files, or written into them")


def pytest_collection_modifyitems(config, items):
    if config.option.catalog == "sqlite":
        return
    about_files = [item for item in items if item.get_closest_marker("sqlite")]
    config.hook.pytest_deselected(items=about_files)
    items[:] = [item for item in items if item not in about_files]


@pytest.fixture(scope="session")
def databases(request):
    """URLs of new databases, one after the other; None with SQLite."""
    if request.config.option.catalog == "sqlite":
        yield None
        return
    with temporary_postgres() as postgres:

        def new_urls():
            for number in itertools.count():
                postgres.execute(f"CREATE DATABASE test{number}", "postgres")
                yield postgres.url_of(f"test{number}")

        yield new_urls()


@pytest.fixture(autouse=True)
def catalog(databases, monkeypatch):
    """The URL of the database that all servers of a test have; None with SQLite, where each has its own."""
    if databases is None:
        return None
    url = next(databases)
    monkeypatch.setenv("SLUICE_CATALOG_URL", url)
    return url


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
