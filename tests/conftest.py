"""What the pytest suites below share: the path to `support`, the server's binary, the sample tables
and servers of a test's own."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from support.server import REPOSITORY, binary_path, copy_tables, launcher  # noqa: E402


EXIT_STATUS = pytest.StashKey()


def pytest_collection_modifyitems(config, items):
    """Without a server nothing can be said: that is an error, not a row of skips."""
    if items and not os.path.exists(binary_path()) and not config.option.collectonly:
        pytest.exit(f"no server at {binary_path()}: build it (./dev build) or set SLUICE_BINARY", 2)


def pytest_sessionfinish(session, exitstatus):
    session.config.stash[EXIT_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """All is told: what used the sharing client ends at once, see support/python.py."""
    if {"delta_sharing", "deltalake"} & set(sys.modules) and EXIT_STATUS in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[EXIT_STATUS])


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory):
    """A copy of the sample tables that no test changes."""
    path = tmp_path_factory.mktemp("tables") / "warehouse"
    copy_tables(os.path.join(REPOSITORY, "examples", "warehouse"), str(path))
    return str(path)


@pytest.fixture
def launch(tmp_path):
    """launch(source=None, *arguments): a server that listens, with its data directory in tmp_path."""
    with launcher(tmp_path) as start:
        yield start
