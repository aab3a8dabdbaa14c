"""Servers with managed shares and recipients, for the tests of governance."""

import os

import pytest
from governance_support import Governed
from support.server import REPOSITORY, Server, copy_tables


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory):
    """A copy of the sample tables that no test changes."""
    path = tmp_path_factory.mktemp("tables") / "warehouse"
    copy_tables(os.path.join(REPOSITORY, "examples", "warehouse"), str(path))
    return str(path)


@pytest.fixture
def launch(tmp_path):
    """launch(source=None, *arguments): a server that listens, with its data directory in tmp_path."""
    running = []

    def start(source=None, *arguments, data_dir="data"):
        server = Server(source and str(source), str(tmp_path / data_dir), arguments)
        running.append(server)
        return server.start()

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def governed(launch, warehouse):
    return Governed(launch(), warehouse)
