"""One server shares every test table; the tests read them all from it."""

import json
import os
import sys

import pytest
import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import coverage_of_tables  # noqa: E402
import faults  # noqa: E402
import testdata  # noqa: E402
import wire  # noqa: E402
from support.server import Server, copy_tables  # noqa: E402

TOKEN = "acceptance-token"
# Tables that point outside of their own folder: the owner allows that folder by name.
OUTSIDE = ("gen-shallow-clone",)


def pytest_report_header():
    if testdata.shared_is_absent():
        return f"acceptance: {testdata.SHARED} is not there: only the project's samples are read"
    return f"acceptance: tables of {testdata.SHARED} and of the project"


def allowed_roots(work):
    return [
        os.path.join(work, t.collection, t.name)
        for t in testdata.TABLES
        if t.expected.get("needs_allowed_root") or t.name in OUTSIDE
    ]


def configuration(work):
    def entry(table):
        return {
            "name": table.shared_name,
            "historyShared": True,
            "location": os.path.join(work, table.collection, table.name, "delta"),
        }

    schemas = [
        {"name": c, "tables": [entry(t) for t in testdata.TABLES if t.collection == c]}
        for c in ("own", "shared")
    ]
    return {
        "version": 1,
        "shares": [{"name": "acceptance", "schemas": [s for s in schemas if s["tables"]]}],
        "authorization": {"bearerToken": TOKEN},
        "sluice": {"allowedRoots": allowed_roots(work)},
    }


def server_of_all_tables(work):
    """A server, not yet started, of copies of all the tables in the folder `work`."""
    copy_tables(os.path.join(testdata.OWN, "tables"), os.path.join(work, "own"))
    if not testdata.shared_is_absent():
        copy_tables(testdata.SHARED, os.path.join(work, "shared"))
    config = os.path.join(work, "server.yaml")
    with open(config, "w", encoding="utf-8") as file:
        yaml.safe_dump(configuration(work), file, sort_keys=False)
    server = Server(config, os.path.join(work, "data"))
    server.folder_of = lambda table: os.path.join(work, table.collection, table.name)
    return server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with server_of_all_tables(str(tmp_path_factory.mktemp("acceptance"))) as running:
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
    config.pluginmanager.register(coverage_of_tables.Coverage(), "acceptance-coverage")


def pytest_collection_modifyitems(items):
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if "table" in parameters:
            reason = faults.reason_of(item.originalname, parameters["table"].name)
            if reason:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def pytest_runtest_setup(item):
    table = getattr(item, "callspec", None) and item.callspec.params.get("table")
    if table is not None:
        item.user_properties.append(("table", (table.collection, item.originalname, table.name)))
