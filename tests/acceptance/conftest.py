"""One server shares every test table; the tests read them all from it."""

import json
import os
import sys

import pytest
import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import testdata  # noqa: E402
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


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    work = str(tmp_path_factory.mktemp("acceptance"))
    copy_tables(os.path.join(testdata.OWN, "tables"), os.path.join(work, "own"))
    if not testdata.shared_is_absent():
        copy_tables(testdata.SHARED, os.path.join(work, "shared"))
    config = os.path.join(work, "server.yaml")
    with open(config, "w", encoding="utf-8") as file:
        yaml.safe_dump(configuration(work), file, sort_keys=False)
    with Server(config, os.path.join(work, "data")) as running:
        running.folder_of = lambda table: os.path.join(work, table.collection, table.name)
        yield running


@pytest.fixture(scope="session")
def profile(server, tmp_path_factory):
    path = tmp_path_factory.mktemp("profile") / "acceptance.share"
    path.write_text(
        json.dumps(
            {"shareCredentialsVersion": 1, "endpoint": server.endpoint, "bearerToken": TOKEN}
        )
    )
    return str(path)


class Coverage:
    """Counts the tables that each kind of test really reached, and fails the run if it is fewer
    than known. It keeps quiet when only some tests were asked for."""

    def __init__(self):
        self.tables = {}

    def pytest_runtest_logreport(self, report):
        ran = report.when == "call" and (report.outcome != "skipped" or hasattr(report, "wasxfail"))
        for key, value in report.user_properties if ran else ():
            if key == "table":
                self.tables.setdefault(tuple(value), set()).add(report.nodeid.split("[")[0])

    def missing(self):
        for collection, kinds in testdata.COUNTS.items():
            if collection == "shared" and testdata.shared_is_absent():
                continue
            for kind, expected in kinds.items():
                ran = sum(k[:2] == (collection, kind) for k in self.tables)
                if ran < expected:
                    yield f"{collection}: {ran} {kind} tables were tested, {expected} were expected"

    def pytest_sessionfinish(self, session):
        whole = not (
            session.config.option.keyword
            or session.config.option.markexpr
            or any("::" in a or a.endswith(".py") for a in session.config.args)
            or session.config.option.collectonly
            or session.shouldstop
        )
        self.report = list(self.missing()) if whole else []
        if self.report and session.exitstatus == 0:
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter):
        for line in getattr(self, "report", []):
            terminalreporter.write_line("acceptance: " + line, red=True)
        if testdata.shared_is_absent():
            terminalreporter.write_line(
                "acceptance: " + testdata.SHARED + " is not there: only the "
                "project's own samples were read"
            )


def pytest_configure(config):
    config.pluginmanager.register(Coverage(), "acceptance-coverage")


def pytest_runtest_setup(item):
    table = getattr(item, "callspec", None) and item.callspec.params.get("table")
    if table is not None:
        item.user_properties.append(("table", (table.collection, table.kind, table.name)))
