"""Servers with managed shares and recipients, for the tests of governance."""

import pytest
from governance_support import Governed


@pytest.fixture
def governed(launch, warehouse):
    return Governed(launch(), warehouse)
