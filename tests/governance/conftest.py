"""Servers with managed shares and recipients, for the tests of governance."""

import contextlib
import os

import pytest
from governance_support import Governed
from support.server import REPOSITORY, Server, copy_tables


def pytest_addoption(parser):
    group = parser.getgroup("governance")
    group.addoption("--full", action="store_true", help="all of what is sampled else")


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory):
    """A copy of the sample tables that no test changes."""
    path = tmp_path_factory.mktemp("tables") / "warehouse"
    copy_tables(os.path.join(REPOSITORY, "examples", "warehouse"), str(path))
    return str(path)


@contextlib.contextmanager
def launcher(folder):
    """Gives launch(source=None, *arguments): a server that listens, with its data directory in
    `folder`. All of them are stopped in the end."""
    running = []

    def start(source=None, *arguments, data_dir="data"):
        server = Server(source and str(source), str(folder / data_dir), arguments)
        running.append(server)
        return server.start()

    try:
        yield start
    finally:
        for server in running:
            server.stop()


@pytest.fixture
def launch(tmp_path):
    with launcher(tmp_path) as start:
        yield start


@pytest.fixture
def governed(launch, warehouse):
    return Governed(launch(), warehouse)
