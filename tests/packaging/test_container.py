"""The Dockerfile, without Docker: a linter reads it, and what its last stage runs is run in a bare Debian 12.
Not tried here: the first stage (the package is that of the build under test), image layers, and the
HEALTHCHECK's timing."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
from support.daemon import free_port
from support.packages import checker, run_as
from support.server import REPOSITORY, wait_until

DOCKERFILE = os.path.join(REPOSITORY, "Dockerfile")
LIMIT_S = 60


def last_stage():
    """The instructions after the last FROM, as pairs (name, text on one line)."""
    with open(DOCKERFILE, encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if not line.startswith("#")]
    steps = [step.strip() for step in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines() if step.strip()]
    last = max(i for i, step in enumerate(steps) if step.startswith("FROM "))
    return [tuple(step.split(maxsplit=1)) for step in steps[last + 1 :]]


def instruction(name):
    [text] = [text for found, text in last_stage() if found == name]
    return text


def test_linter_has_nothing_to_say():
    done = subprocess.run(
        [checker("python", "bin", "hadolint"), "--no-color", DOCKERFILE], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_context_holds_what_is_built_and_no_more():
    with open(os.path.join(REPOSITORY, ".dockerignore"), encoding="utf-8") as file:
        ignored = {line.strip() for line in file if line.strip() and not line.startswith("#")}
    with open(os.path.join(REPOSITORY, ".gitignore"), encoding="utf-8") as file:
        made = {line.strip().strip("/") for line in file if line.startswith("/")}
    assert made <= ignored
    for needed in ("dev", "src", "cmake", "tools", "packaging", "tests", "CHANGELOG.md", "LICENSE"):
        assert needed not in ignored and os.path.exists(os.path.join(REPOSITORY, needed))


@pytest.fixture(scope="module")
def image(debian_root, build_package):
    shutil.copy(build_package("1.0.0"), debian_root.at("/tmp/sluice_1.0.0_amd64.deb"))
    debian_root.run(instruction("RUN"))
    return debian_root


def test_server_runs_as_nobody_else_and_says_that_it_is_ready(image):
    user = instruction("USER")
    assert user == "10001:10001"
    assert image.run("id -u sluice").strip() == "10001"
    assert not os.listdir(image.at("/tmp"))
    variables = dict(word.split("=", 1) for word in shlex.split(instruction("ENV")))
    port, admin_port = free_port(), free_port()
    variables["SLUICE_LISTEN"] = variables["SLUICE_LISTEN"].replace("8080", str(port))
    variables["SLUICE_ADMIN_LISTEN"] = f"127.0.0.1:{admin_port}"
    command = json.loads(instruction("ENTRYPOINT")) + json.loads(instruction("CMD"))
    health = json.loads(instruction("HEALTHCHECK").split("CMD", 1)[1])
    log_path = image.path + ".log"

    def is_healthy():
        return run_as(image, user, health, variables, log_path).wait(LIMIT_S) == 0

    assert not is_healthy()
    server = run_as(image, user, command, variables, log_path)
    try:
        wait_until(is_healthy, LIMIT_S, "the health check succeeds")
        assert os.stat(image.at("/var/lib/sluice/data/master.key")).st_uid == 10001
    finally:
        server.terminate()
        assert server.wait(LIMIT_S) == 0
    assert not is_healthy()
