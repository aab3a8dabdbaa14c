"""Health: the owner hears which part is ill, strangers hear whether the server is ready."""

import json
import os
import signal
import subprocess

import pytest
import requests
from support.caller import TIMEOUT_S, TOKEN, caller_of
from support.server import REPOSITORY, binary_path, wait_until
from support.web import WebServer, files_below


@pytest.fixture
def store():
    """The sample tables in a web server."""
    with WebServer(files_below(os.path.join(REPOSITORY, "examples", "warehouse"))) as web:
        yield web


def parts_of(server):
    answer = requests.get(server.admin + "/readyz", timeout=TIMEOUT_S)
    assert answer.status_code == 200
    return answer.json()["parts"]


def ask(server, *arguments):
    """`sluice health`: its exit code and its words."""
    done = subprocess.run(
        [binary_path(), "health", *(arguments or ["--data-dir", server.data_dir])],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    return done.returncode, done.stdout, done.stderr


def test_store_that_does_not_answer_is_named_to_the_owner_alone(launch, write_config, store):
    location = f"http://127.0.0.1:{store.server_port}/retail/orders"
    server = launch(
        write_config({"orders": location}, more="sluice:\n  privateNetworks: [127.0.0.0/8]")
    )
    caller = caller_of(server, TOKEN)
    assert caller.query("/shares/s/schemas/d/tables/orders").status_code == 200
    assert parts_of(server) == {"audit": "ok", "catalog": "ok", "configuration": "ok", "stores": "ok"}

    store.shutdown()
    store.server_close()
    assert caller.query("/shares/s/schemas/d/tables/orders").status_code == 503
    assert parts_of(server)["stores"] == "degraded: http did not answer when last asked"
    stranger = requests.get(server.root + "/readyz", timeout=TIMEOUT_S)
    assert (stranger.status_code, stranger.text) == (200, "ready\n")


def test_reload_that_failed_is_told_until_one_succeeds(launch, write_config, warehouse):
    path = write_config({"orders": warehouse + "/retail/orders"})
    server = launch(path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for broken in (True, False):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + ("nonsense: 1\n" if broken else ""))
        server.process.send_signal(signal.SIGHUP)
        wait_until(
            lambda: parts_of(server)["configuration"].startswith("degraded") == broken,
            what="the reload is over",
        )


def test_command_line_asks_by_data_directory_and_by_url(launch, warehouse):
    server = launch(warehouse)
    code, words, _ = ask(server)
    assert code == 0 and json.loads(words)["status"] == "ready"
    assert ask(server, "--url", server.root + "/readyz")[:2] == (0, "ready\n")
    assert ask(server, "--url", server.root + "/nowhere")[0] == 1
    server.stop()
    code, words, error = ask(server)
    assert (code, words) == (1, "")
    assert "no server is running with the data directory" in error
