"""The pages for operators, followed to the letter."""

import contextlib
import os
import sqlite3

import pytest
from support.daemon import free_port
from support.guide import blocks
from support.nginx import PageNginx
from support.owner import Owner
from support.postgres import find_program, temporary_postgres
from support.server import Server

MASTER_KEY = "c2x1aWNlLXRlc3RzLW1hc3Rlci1rZXktMzItYnl0ZXM\n"
DATABASE = "postgresql://sluice:PASSWORD@db.example.com/sluice"


@pytest.fixture
def postgres():
    with temporary_postgres() as running:
        yield running


def node_addresses():
    """What the pages write for two servers, and what this run has."""
    return {f"127.0.0.1:{port}": f"127.0.0.1:{free_port()}" for port in (8080, 8081, 8082, 8083)}


def nginx_of_the_page(nodes):
    [page] = [block for block in blocks("fleet.md", "fleet") if block.language == "nginx"]
    text = page.text
    for spelling, address in nodes.items():
        text = text.replace(spelling, address)
    return text


class Ends:
    """What a page ends, one after the other."""

    def __init__(self, *ends):
        self.ends = list(ends)

    def stop(self):
        self.ends.pop(0)()


def test_a_fleet(try_page, folder, postgres, tmp_path):
    nodes = node_addresses()

    def kill_first():
        [path] = folder.glob("server-*eu-1.pid")
        os.kill(int(path.read_text()), 9)
        path.unlink()

    with PageNginx(str(tmp_path / "nginx"), nginx_of_the_page(nodes), "127.0.0.1:8000") as nginx:
        spellings = {
            **nodes,
            DATABASE: postgres.url,
            "https://data.example.com": f"http://127.0.0.1:{nginx.port}",
        }
        ends = Ends(kill_first, postgres.stop)
        try_page("fleet.md", "fleet", spellings=spellings, store=ends)


def test_rotating_the_secret_of_a_fleet(try_page, folder):
    key = folder / "master.key"
    key.write_text(MASTER_KEY)
    key.chmod(0o600)
    variables = {"SLUICE_MASTER_KEY_FILE": str(key), "SLUICE_DATA_DIR": str(folder / "state")}
    with Server(None, variables["SLUICE_DATA_DIR"], variables=variables) as server:
        variables["SERVER_PID"] = str(server.process.pid)
        try_page("fleet.md", "keys", variables=variables)


def fleet_of(folder, postgres, nginx):
    """The environment of a fleet's servers."""
    key = folder / "master.key"
    key.write_text(MASTER_KEY)
    key.chmod(0o600)
    return {
        "SLUICE_MASTER_KEY_FILE": str(key),
        "SLUICE_CATALOG_URL": postgres.url,
        "SLUICE_PUBLIC_URL": f"http://127.0.0.1:{nginx.port}",
        "SLUICE_TRUSTED_PROXIES": "127.0.0.1",
    }


def test_upgrading_a_fleet_one_by_one(try_page, folder, postgres, tmp_path):
    nodes = node_addresses()
    with PageNginx(str(tmp_path / "nginx"), nginx_of_the_page(nodes), "127.0.0.1:8000") as nginx:
        spellings = {**nodes, "https://data.example.com": f"http://127.0.0.1:{nginx.port}"}
        variables = fleet_of(folder, postgres, nginx)
        try:
            try_page("upgrade.md", "roll", variables=variables, spellings=spellings)
        finally:
            (folder / "enough").touch()  # the reader of the page ends


def test_before_an_upgrade(try_page, folder):
    (folder / "sluice.yaml").write_text(
        "version: 1\nauthorization: {bearerToken: a-long-random-token}\nshares:\n"
        "- name: sales\n  schemas:\n  - name: retail\n    tables:\n"
        "    - {name: orders, location: warehouse/retail/orders}\n"
    )
    try_page("upgrade.md", "before")


def test_a_program_that_is_older_than_the_tables(try_page, folder):
    state = str(folder / "state")
    with Server(None, state):
        pass
    with contextlib.closing(sqlite3.connect(os.path.join(state, "catalog.db"))) as database:
        database.execute("UPDATE schema_versions SET version = 99 WHERE component = 'catalog'")
        database.commit()
    try_page("upgrade.md", "older", variables={"SLUICE_DATA_DIR": state})


@pytest.mark.parametrize("name", ["health", "traces"])
def test_one_server(try_page, name):
    try_page("operations.md", name)


def test_what_the_disk_adds(try_page, folder):
    (folder / "state").mkdir()
    try_page("operations.md", "disk", variables={"SLUICE_DATA_DIR": str(folder / "state")})


def test_backup_of_one_server(try_page, folder):
    state = str(folder / "state")
    addresses = node_addresses()
    with Server(None, state, listen=addresses["127.0.0.1:8080"]) as server:
        owner = Owner(server)
        owner.create_share("sales")
        owner.create_recipient("acme")
        owner.grant("sales", "acme")
        (folder / "acme.token").write_text(owner.issue_token("acme")["token"])
        key = owner.get("/audit/heads")["current"]["publicKey"]
        variables = {"SLUICE_DATA_DIR": state, "KEY": key}
        try_page("backup.md", "backup", variables=variables, spellings=addresses)


def test_backup_of_a_fleet(try_page, folder, postgres, monkeypatch):
    programs = os.path.dirname(find_program("pg_dump"))
    monkeypatch.setenv("PATH", os.pathsep.join([programs, os.environ["PATH"]]))
    variables = {"SLUICE_CATALOG_URL": postgres.url}
    with Server(None, str(folder / "eu-1"), variables=variables) as server:
        Owner(server).create_share("sales")
        try_page("backup.md", "fleet", variables=variables, store=Ends(server.stop))
        with server:
            assert [s["name"] for s in Owner(server).get("/shares")["items"]] == ["sales"]
