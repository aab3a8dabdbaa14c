"""What the pytest suites below share: the path to `support`, and the server's binary."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from support.server import binary_path  # noqa: E402


def pytest_collection_modifyitems(config, items):
    """Without a server nothing can be said: that is an error, not a row of skips."""
    if items and not os.path.exists(binary_path()) and not config.option.collectonly:
        pytest.exit(f"no server at {binary_path()}: build it (./dev build) or set SLUICE_BINARY", 2)
