"""The pages for operators, followed to the letter."""

import os
import tempfile

import pytest
from support.daemon import free_port
from support.guide import blocks
from support.nginx import PageNginx
from support.postgres import Postgres
from support.server import Server

DATABASE = "postgresql://sluice:PASSWORD@db.example.com/sluice"


@pytest.fixture
def postgres():
    """Below /tmp itself: it may run as another user, who must reach its folder."""
    with tempfile.TemporaryDirectory(prefix="sluice-guide-") as folder:
        os.chmod(folder, 0o755)
        with Postgres(os.path.join(folder, "postgres")) as running:
            yield running


class Ends:
    """What a page ends, one after the other."""

    def __init__(self, *ends):
        self.ends = list(ends)

    def stop(self):
        self.ends.pop(0)()


def test_a_fleet(try_page, folder, postgres, tmp_path):
    nodes = {f"127.0.0.1:{port}": f"127.0.0.1:{free_port()}" for port in (8080, 8081, 8082, 8083)}
    [page] = [block for block in blocks("fleet.md", "fleet") if block.language == "nginx"]
    text = page.text
    for spelling, address in nodes.items():
        text = text.replace(spelling, address)

    def kill_first():
        [path] = folder.glob("server-*eu-1.pid")
        os.kill(int(path.read_text()), 9)
        path.unlink()

    with PageNginx(str(tmp_path / "nginx"), text, "127.0.0.1:8000") as nginx:
        spellings = {
            **nodes,
            DATABASE: postgres.url,
            "https://data.example.com": f"http://127.0.0.1:{nginx.port}",
        }
        ends = Ends(kill_first, postgres.stop)
        try_page("fleet.md", "fleet", spellings=spellings, store=ends)


def test_rotating_the_secret_of_a_fleet(try_page, folder):
    key = folder / "master.key"
    key.write_text("c2x1aWNlLXRlc3RzLW1hc3Rlci1rZXktMzItYnl0ZXM\n")
    key.chmod(0o600)
    variables = {"SLUICE_MASTER_KEY_FILE": str(key), "SLUICE_DATA_DIR": str(folder / "state")}
    with Server(None, variables["SLUICE_DATA_DIR"], variables=variables) as server:
        variables["SERVER_PID"] = str(server.process.pid)
        try_page("fleet.md", "keys", variables=variables)
