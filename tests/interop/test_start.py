"""Starting the server: what it needs, what it writes, and how it says what is wrong."""

import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import tempfile

import pytest
import requests
from support.caller import TIMEOUT_S, caller_of
from support.server import Server, ServerFailed, binary_path, wait_until

NOBODY = 65534


def run(*arguments, **options):
    return subprocess.run(
        [binary_path(), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        **options,
    )


def fails_to_start(tmp_path, source, *arguments, **options):
    """What a server that must not start prints."""
    server = Server(str(source), str(tmp_path / "failing"), arguments, **options)
    with pytest.raises(ServerFailed):
        with server:
            pass
    assert server.process.returncode not in (0, None) and server.process.returncode > 0
    return server.log()


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_version():
    result = run("--version")
    assert result.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", result.stdout)


def test_port_in_use_is_named(tmp_path, warehouse):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert address in fails_to_start(tmp_path, warehouse, listen=address)


def test_data_directory_of_a_running_server_is_refused(launch, warehouse, tmp_path):
    first = launch(warehouse)
    second = Server(warehouse, first.data_dir)
    second.spawn()
    assert second.process.wait(TIMEOUT_S) != 0
    assert first.running() and requests.get(first.root + "/healthz", timeout=TIMEOUT_S).ok


def test_folder_that_is_not_there_is_named(tmp_path):
    assert "no-such-folder" in fails_to_start(tmp_path, tmp_path / "no-such-folder")


def test_unreadable_folder_is_named():
    """Root may read everything, so a test that runs as root starts the server as nobody."""
    user = NOBODY if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="sluice-") as place:
        os.chmod(place, 0o755)
        locked, home = pathlib.Path(place, "locked"), pathlib.Path(place, "home")
        home.mkdir()
        locked.mkdir()
        if user is not None:
            os.chown(home, user, user)
        locked.chmod(0o000 if user is None else 0o700)
        try:
            assert "locked" in fails_to_start(home, locked, user=user)
        except PermissionError:
            pytest.skip("another user may not run " + binary_path())
        finally:
            locked.chmod(0o700)


def test_empty_folder_starts_and_shares_nothing(launch, tmp_path):
    """A folder may be filled later, so it is no error; the log says that there is nothing yet."""
    folder = tmp_path / "empty"
    folder.mkdir()
    server = launch(folder)
    response = caller_of(server).get("/shares")
    assert response.status_code == 200
    for share in response.json().get("items", []):
        tables = caller_of(server).get(f"/shares/{share['name']}/all-tables").json()
        assert tables.get("items", []) == []


@pytest.mark.parametrize(
    "text,line",
    [
        ("version: 1\nshares:\n  - name: [\n", None),
        ("version: 1\nshares: []\nsharez: []\n", 3),
        ("version: 2\nshares: []\n", 1),
        ("version: 1\nshares:\n  - schemas: []\n", 3),
        ("version: 1\nport: eighty\n", 2),
        (
            "version: 1\nshares:\n- name: s\n  schemas:\n  - name: d\n    tables:\n    - name: t\n",
            7,
        ),
        ("version: 1\nsluice:\n  workerz: 3\n", 3),
    ],
    ids=["not_yaml", "unknown_key", "version", "no_name", "port", "no_location", "own_unknown_key"],
)
def test_mistake_in_the_configuration_names_file_and_line(tmp_path, text, line):
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    where = re.escape(str(path)) + (f":{line}\\b" if line else r":\d+")
    assert re.search(where, fails_to_start(tmp_path, path))
    check = run("config", "check", path)
    assert check.returncode != 0
    assert re.search(where, check.stdout + check.stderr)


def test_binary_garbage_as_configuration_is_an_error(tmp_path):
    path = tmp_path / "garbage.yaml"
    path.write_bytes(bytes(range(256)) * 64)
    assert "garbage.yaml" in fails_to_start(tmp_path, path)


def test_config_check_accepts_a_good_file(write_config, warehouse):
    assert run("config", "check", write_config({"t": warehouse + "/weather"})).returncode == 0


def test_without_authorization_only_loopback_may_be_listened_on(tmp_path):
    path = tmp_path / "open.yaml"
    path.write_text("version: 1\nshares: []\n")
    log = fails_to_start(tmp_path, path, listen="0.0.0.0:0")
    assert "allowAnonymous" in log


def test_profile_and_secrets_are_for_their_owner_alone(launch, warehouse):
    server = launch(warehouse)
    assert mode_of(server.data_dir) == 0o700
    for name in ("me.share", "admin.token"):
        assert mode_of(os.path.join(server.data_dir, name)) == 0o600
    profile = json.loads(open(server.profile_path(), encoding="utf-8").read())
    assert profile["shareCredentialsVersion"] == 1
    assert profile["endpoint"].rstrip("/") == server.endpoint
    assert len(profile["bearerToken"]) >= 32


def test_profile_is_written_once_and_kept(launch, warehouse):
    first = launch(warehouse)
    token = first.token()
    assert first.stop() == 0
    assert launch(warehouse).token() == token


def test_lines_to_paste_name_the_profile(launch, warehouse):
    server = launch(warehouse)
    for text in (server.profile_path(), "load_as_pandas", "duckdb", "spark"):
        wait_until(lambda: text.lower() in server.log().lower(), what=f"the server prints {text}")


def test_table_check_says_what_a_table_needs(warehouse):
    good = run("table", "check", warehouse + "/weather", "--json")
    assert good.returncode == 0
    assert isinstance(json.loads(good.stdout), dict)
    tables = os.path.join(
        os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "tables"
    )
    vector = run("table", "check", tables + "/deletion-vector/delta")
    assert vector.returncode == 0
    assert "deletionVectors" in vector.stdout
    unknown = run("table", "check", tables + "/unknown-reader-feature/delta")
    assert unknown.returncode != 0
    assert "timeMachine" in unknown.stdout + unknown.stderr
    corrupt = run("table", "check", tables + "/corrupt-commit/delta")
    assert corrupt.returncode != 0
    assert "00000000000000000001.json" in corrupt.stdout + corrupt.stderr
