"""One server shares every test table; the tests read them all from it."""

import contextlib
import json
import os
import sys

import pytest
import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import coverage_of_tables  # noqa: E402
import places  # noqa: E402
import testdata  # noqa: E402
import wire  # noqa: E402
from support.server import Server  # noqa: E402

TOKEN = "acceptance-token"
# Tables that point outside of their own folder: the owner allows that folder by name.
OUTSIDE = ("gen-shallow-clone",)


def pytest_addoption(parser):
    group = parser.getgroup("acceptance")
    group.addoption("--store", choices=places.NAMES, default=places.LOCAL, help="holds the tables")
    group.addoption("--delivery", choices=places.DELIVERIES, default="auto", help="of the files")
    group.addoption("--tenth", action="store_true", help="a tenth of the tables, some of each kind")


def pytest_report_header(config):
    place = f"in {config.getoption('store', places.LOCAL)}, {len(testdata.TABLES)} tables"
    if testdata.shared_is_absent():
        return f"acceptance: {testdata.SHARED} is not there: only the project's samples, {place}"
    return f"acceptance: tables of {testdata.SHARED} and of the project, {place}"


def allowed_roots(place):
    return [
        place.of(t)
        for t in testdata.TABLES
        if t.expected.get("needs_allowed_root") or t.name in OUTSIDE
    ]


def configuration(place):
    def entry(table):
        return {
            "name": table.shared_name,
            "historyShared": True,
            "location": place.of(table) + "/delta",
        }

    schemas = [
        {"name": c, "tables": [entry(t) for t in testdata.TABLES if t.collection == c]}
        for c in ("own", "shared")
    ]
    return {
        "version": 1,
        "shares": [{"name": "acceptance", "schemas": [s for s in schemas if s["tables"]]}],
        "authorization": {"bearerToken": TOKEN},
        "sluice": {"allowedRoots": allowed_roots(place), **place.settings},
    }


@contextlib.contextmanager
def server_of_all_tables(work, store=places.LOCAL, delivery="auto"):
    """A server of copies of all the tables, in the folder `work` or in a store."""
    with places.prepared(store, work, delivery) as place:
        config = os.path.join(work, "server.yaml")
        with open(config, "w", encoding="utf-8") as file:
            yaml.safe_dump(configuration(place), file, sort_keys=False)
        with Server(config, os.path.join(work, "data"), variables=place.variables) as server:
            server.place = place
            yield server


@pytest.fixture(scope="session")
def server(tmp_path_factory, pytestconfig):
    work = str(tmp_path_factory.mktemp("acceptance"))
    store = pytestconfig.getoption("store", places.LOCAL)
    delivery = pytestconfig.getoption("delivery", "auto")
    with server_of_all_tables(work, store, delivery) as running:
        yield running


@pytest.fixture(scope="session")
def recipient(server):
    return wire.Recipient(server.endpoint, TOKEN)


@pytest.fixture(params=wire.FORMATS)
def response_format(request):
    return request.param


@pytest.fixture(scope="session", autouse=True)
def impatient_client():
    """The Python client asks again for 100 s when the server has failed: here that is a fault."""
    delta_sharing = pytest.importorskip("delta_sharing")
    with pytest.MonkeyPatch.context() as patch:
        init = delta_sharing.rest_client.DataSharingRestClient.__init__
        patch.setattr(init, "__defaults__", (0,))
        yield


@pytest.fixture(scope="session")
def profile(server, tmp_path_factory):
    path = tmp_path_factory.mktemp("profile") / "acceptance.share"
    path.write_text(
        json.dumps(
            {"shareCredentialsVersion": 1, "endpoint": server.endpoint, "bearerToken": TOKEN}
        )
    )
    return str(path)


def pytest_configure(config):
    counts = testdata.COUNTS
    if config.getoption("tenth", False):
        counts = testdata.COUNTS_OF_A_TENTH
        testdata.TABLES[:] = testdata.a_tenth_of(testdata.TABLES)
    config.pluginmanager.register(coverage_of_tables.Coverage(counts), "acceptance-coverage")


def pytest_runtest_setup(item):
    table = getattr(item, "callspec", None) and item.callspec.params.get("table")
    if table is not None:
        item.user_properties.append(("table", (table.collection, item.originalname, table.name)))
