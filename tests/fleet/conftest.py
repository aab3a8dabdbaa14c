"""A PostgreSQL and a fleet of each test's own: what one breaks is whole for the next."""


import pytest
from fleet_support import Fleet
from support.postgres import temporary_postgres


def pytest_addoption(parser):
    parser.addoption(
        "--requests", type=int, default=20_000, help="of the test that kills nodes under load"
    )


@pytest.fixture
def request_count(request):
    return request.config.getoption("--requests")


@pytest.fixture
def postgres():
    with temporary_postgres() as server:
        yield server


@pytest.fixture
def launch(tmp_path, postgres, warehouse):
    """launch(*arguments): three nodes and their balancer, each node with these arguments."""
    fleets = []

    def start(*arguments):
        fleets.append(Fleet(str(tmp_path), postgres, warehouse, arguments))
        return fleets[-1].start()

    yield start
    for fleet in fleets:
        fleet.stop()
