"""Servers for the interop tests: started by each test as it needs them, stopped at its end."""

import json
import os

import pytest
import requests
from support.server import REPOSITORY, Server, copy_tables

TOKEN = "interop-token-b1f0c2"
TIMEOUT_S = 60


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory):
    """A copy of the sample tables that no test changes."""
    path = tmp_path_factory.mktemp("tables") / "warehouse"
    copy_tables(os.path.join(REPOSITORY, "examples", "warehouse"), str(path))
    return str(path)


@pytest.fixture
def launch(tmp_path):
    """launch(source, *arguments): a server that listens, with its data directory in tmp_path."""
    running = []

    def start(source, *arguments, data_dir="data", listen="127.0.0.1:0"):
        server = Server(
            source and str(source), str(tmp_path / data_dir), arguments, listen=listen
        )
        running.append(server)
        return server.start()

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def write_config(tmp_path):
    """write_config(tables): a configuration with one share `s`, schema `d`, and these tables by
    name."""

    def write(tables, name="server.yaml", more=""):
        lines = [
            "version: 1",
            "shares:",
            "  - name: s",
            "    schemas:",
            "      - name: d",
            "        tables:",
        ]
        for table, location in tables.items():
            lines += [f"          - name: {table}", f"            location: {location}"]
        lines += ["authorization:", f"  bearerToken: {TOKEN}", more]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    return write


class Caller:
    """Plain HTTP requests with a token."""

    def __init__(self, endpoint, token, verify=True):
        self.endpoint = endpoint
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = verify
        self.session.headers["Authorization"] = "Bearer " + token

    def get(self, path, **options):
        return self.session.get(self.endpoint + path, timeout=TIMEOUT_S, **options)

    def query(self, table_path, body=None):
        return self.session.post(
            self.endpoint + table_path + "/query", json=body or {}, timeout=TIMEOUT_S
        )

    def files(self, table_path, body=None):
        response = self.query(table_path, body)
        response.raise_for_status()
        lines = [line for line in response.content.decode().split("\n") if line]
        return [json.loads(line)["file"] for line in lines[2:]]


def caller_of(server, token=None, verify=True):
    return Caller(server.endpoint, token or server.token(), verify)
