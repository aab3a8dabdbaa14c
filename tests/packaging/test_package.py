"""The Debian package in a bare Debian 12: installed, started as its unit says, upgraded, purged. systemd
cannot boot there, so the test stands in for it: it makes the process that the unit describes."""

import json
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess

import pytest
from support.daemon import free_port
from support.packages import run_as
from support.server import REPOSITORY, wait_until

LIMIT_S = 60
MAX_EXPOSURE_TENTHS = 20  # of 100; what systemd calls OK ends at 40
STATE = "/var/lib/sluice"
CONFIG = "/etc/sluice/sluice.yaml"
TOKEN = "a-token-for-the-test"
SHARED = """
authorization:
  bearerToken: {token}
port: {port}
endpoint: /delta-sharing
shares:
- name: shop
  schemas:
  - name: retail
    tables:
    - name: orders
      location: /srv/warehouse/retail/orders
sluice:
  adminListen: 127.0.0.1:{admin_port}
"""


class Service:
    """The process that a unit describes, with the messages that it sends to the service manager."""

    def __init__(self, root, unit):
        self.root, self.unit = root, unit
        path = root.at("/run/notify")
        if os.path.exists(path):
            os.unlink(path)
        self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notifications.bind(path)
        os.chmod(path, 0o777)
        self.notifications.settimeout(LIMIT_S)
        variables = dict(line.split("=", 1) for line in unit.all("Service", "Environment"))
        assert unit.one("Service", "Type") == "notify"
        self.log_path = root.path + ".log"
        self.process = run_as(
            root,
            f"{unit.one('Service', 'User')}:{unit.one('Service', 'Group')}",
            shlex.split(unit.one("Service", "ExecStart")),
            {"NOTIFY_SOCKET": "/run/notify", **variables},
            self.log_path,
        )

    def __enter__(self):
        try:
            assert self.next_notification() == "READY=1"
        except (TimeoutError, AssertionError):
            self.stop()
            raise AssertionError(self.log()) from None
        return self

    def __exit__(self, *_):
        self.stop()

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def next_notification(self):
        return self.notifications.recv(1000).decode()

    def stop(self):
        self.process.terminate()
        self.process.wait(LIMIT_S)
        self.notifications.close()


@pytest.fixture(scope="module")
def installed(debian_root, build_package):
    debian_root.run("apt-get update -q && apt-get install -y -q --no-install-recommends curl systemd")
    shutil.copy(build_package("1.0.0"), debian_root.at("/tmp/sluice.deb"))
    debian_root.run("apt-get install -y -q --no-install-recommends /tmp/sluice.deb")
    shutil.copytree(os.path.join(REPOSITORY, "examples", "warehouse"), debian_root.at("/srv/warehouse"))
    return debian_root


@pytest.fixture(scope="module")
def shares_a_table(installed):
    """The profile of a recipient, once the owner has shared something."""
    port, admin_port = free_port(), free_port()
    with open(installed.at(CONFIG), "w", encoding="utf-8") as file:  # keeps the file's rights
        file.write(SHARED.format(token=TOKEN, port=port, admin_port=admin_port))
    return {"endpoint": f"http://127.0.0.1:{port}/delta-sharing", "bearerToken": TOKEN}


def rights(root, path):
    """Such as "sluice:sluice 700"."""
    return root.run(f"stat -c '%U:%G %a' {path}").strip()


def get(root, profile, path, *more):
    return root.run(
        shlex.join(
            ["curl", "-sS", "--fail-with-body", "-H", f"Authorization: Bearer {profile['bearerToken']}"]
            + [*more, profile["endpoint"] + path]
        )
    )


def test_installs_what_a_service_needs(installed):
    assert installed.run("sluice --version").startswith("sluice ")
    assert installed.run("id -un sluice").strip() == "sluice"
    assert rights(installed, STATE) == "sluice:sluice 700"
    assert rights(installed, CONFIG) == "root:sluice 640"
    assert CONFIG in installed.run("dpkg-query -W -f '${Conffiles}' sluice-server")
    for path in (
        "/usr/share/man/man1/sluice.1.gz",
        "/usr/share/doc/sluice-server/copyright",
        "/usr/share/doc/sluice-server/arrow/LICENSE.txt",
        "/usr/share/doc/sluice-server/arrow/NOTICE.txt",
        "/usr/share/zsh/vendor-completions/_sluice",
        "/usr/share/fish/vendor_completions.d/sluice.fish",
    ):
        assert os.path.getsize(installed.at(path)) > 0, path


def test_is_not_taken_for_a_package_of_debian(installed):
    """There is a `sluice` in Debian, which is another program."""
    assert "sluice" not in installed.run("apt-get --simulate upgrade | grep ^Inst || true")
    versions = installed.run("apt-cache madison sluice-server").splitlines()
    assert not [line for line in versions if "/" in line], "Debian has one of that name"
    assert "Conflicts: sluice" in installed.run("dpkg -s sluice-server")


def test_carries_the_libraries_that_debian_lacks(installed):
    libraries = installed.run("ldd /usr/bin/sluice")
    assert "not found" not in libraries
    for name in ("libarrow", "libparquet"):
        [line] = [line for line in libraries.splitlines() if name in line]
        assert "=> /usr/bin/../lib/sluice/" in line


def test_completes_commands_in_bash(installed):
    answer = installed.run(
        "source /usr/share/bash-completion/completions/sluice; COMP_WORDS=(sluice he); COMP_CWORD=1;"
        ' _sluice; echo "${COMPREPLY[@]}"'
    )
    assert answer.split() == ["health"]


def test_unit_is_right_and_confines_the_service(installed, unit):
    installed.run("systemd-analyze verify --man=no sluice.service")
    path = "/usr/lib/systemd/system/sluice.service"
    exposure = f"systemd-analyze security --offline=yes --threshold={MAX_EXPOSURE_TENTHS} {path}"
    assert "Overall exposure level for sluice.service: " in installed.run(exposure)
    assert int(unit.one("Service", "LimitNOFILE")) >= 65536
    assert unit.one("Service", "LimitCORE") == "0"
    assert unit.one("Service", "StateDirectory") == os.path.basename(STATE)


def test_configuration_as_installed_starts(installed, unit):
    text = open(installed.at(CONFIG), encoding="utf-8").read()
    try:
        with open(installed.at(CONFIG), "w", encoding="utf-8") as file:
            file.write(text.replace("port: 8080", f"port: {free_port()}"))
            file.write(f"  adminListen: 127.0.0.1:{free_port()}\n")
        with Service(installed, unit):
            pass
    finally:
        with open(installed.at(CONFIG), "w", encoding="utf-8") as file:
            file.write(text)


def test_unit_serves_a_share(installed, unit, shares_a_table):
    with Service(installed, unit) as service:
        shares = json.loads(get(installed, shares_a_table, "/shares"))
        assert [share["name"] for share in shares["items"]] == ["shop"]
        table = "/shares/shop/schemas/retail/tables/orders/query"
        body = ["-H", "Content-Type: application/json", "-d", "{}"]
        lines = [json.loads(line) for line in get(installed, shares_a_table, table, *body).splitlines()]
        file = next(line["file"] for line in lines if "file" in line)
        parquet = subprocess.run(["curl", "-sS", "--fail", file["url"]], check=True, capture_output=True)
        assert len(parquet.stdout) == file["size"]
        as_service = "chroot --userspec=sluice:sluice / env SLUICE_DATA_DIR=" + STATE
        answer = json.loads(installed.run(f"{as_service} sluice health"))
        assert answer["status"] == "ready"

        service.process.send_signal(signal.SIGHUP)  # ExecReload
        wait_until(lambda: "reloaded" in service.log(), LIMIT_S, "the server has reloaded")
        service.process.terminate()
        assert service.next_notification() == "STOPPING=1"
        assert service.process.wait(LIMIT_S) == 0
    assert installed.run(f"{as_service} sluice health", check=False) == 1


def test_upgrade_keeps_state_and_configuration(installed, unit, shares_a_table, build_package):
    key = open(installed.at(STATE + "/master.key"), "rb").read()
    config = open(installed.at(CONFIG), "rb").read()
    shutil.copy(build_package("1.0.1"), installed.at("/tmp/newer.deb"))
    installed.run("apt-get install -y -q --no-install-recommends /tmp/newer.deb")
    assert installed.run("dpkg-query -W -f '${Version}' sluice-server") == "1.0.1"
    assert open(installed.at(STATE + "/master.key"), "rb").read() == key
    assert open(installed.at(CONFIG), "rb").read() == config
    assert rights(installed, CONFIG) == "root:sluice 640"
    with Service(installed, unit):
        assert json.loads(get(installed, shares_a_table, "/shares"))["items"]


def test_purge_removes_what_removal_keeps(installed, shares_a_table):
    installed.run("apt-get remove -y -q sluice-server")
    assert not os.path.exists(installed.at("/usr/bin/sluice"))
    assert os.path.exists(installed.at(STATE + "/master.key"))
    assert stat.S_ISREG(os.stat(installed.at(CONFIG)).st_mode)
    installed.run("apt-get purge -y -q sluice-server")
    for path in (STATE, CONFIG, "/usr/lib/sluice", "/etc/sluice"):
        assert not os.path.exists(installed.at(path)), path
