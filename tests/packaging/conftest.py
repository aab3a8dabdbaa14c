"""The Debian package of the build that is tested, and a bare Debian root to install it in."""

import configparser
import functools
import os
import shutil
import subprocess

import pytest
from support.server import REPOSITORY, binary_path

UNIT = os.path.join(REPOSITORY, "packaging", "sluice.service")


class Unit:
    """A systemd unit. What stands there twice is a list."""

    def __init__(self, path):
        class Lists(dict):
            def __setitem__(self, key, value):
                if isinstance(value, list) and key in self:
                    value = self[key] + value
                super().__setitem__(key, value)

        self.parser = configparser.RawConfigParser(strict=False, dict_type=Lists, comment_prefixes="#")
        self.parser.optionxform = str
        self.parser.read(path)

    def all(self, section, key):
        return [line for line in self.parser.get(section, key, fallback="").splitlines() if line]

    def one(self, section, key):
        [value] = self.all(section, key)
        return value


@pytest.fixture(scope="session")
def unit():
    return Unit(UNIT)


@pytest.fixture(scope="session")
def build_package(tmp_path_factory):
    """build_package(version): the path of a package; not compressed, for speed."""
    config = os.path.join(os.path.dirname(binary_path()), "CPackConfig.cmake")
    if not os.path.exists(config):
        pytest.skip(f"no {config}: the server is no build of this tree")

    @functools.cache
    def build(version):
        folder = tmp_path_factory.mktemp("packages")
        options = [f"CPACK_OUTPUT_FILE_PREFIX={folder}", "CPACK_DEBIAN_COMPRESSION_TYPE=none"]
        command = ["cpack", "-G", "DEB", "--config", config, "-R", version, "-B", str(folder)]
        for option in options:
            command += ["-D", option]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        [package] = folder.glob("*.deb")
        return package

    return build


class DebianRoot:
    """A folder with a minimal Debian 12 in it. It shares this machine's network."""

    TOOL = os.path.join(REPOSITORY, "tools", "debian-root.sh")
    KEPT = os.path.join(REPOSITORY, ".cache", "debian-12.tar")

    def __init__(self, path):
        self.path = str(path)

    def make(self):
        os.makedirs(os.path.dirname(self.KEPT), exist_ok=True)
        subprocess.run([self.TOOL, "make", self.path, self.KEPT], check=True, capture_output=True)
        return self

    def drop(self):
        subprocess.run([self.TOOL, "drop", self.path], check=True)

    def at(self, path):
        """Where `path`, as it is seen inside, is outside."""
        return os.path.join(self.path, path.lstrip("/"))

    def run(self, command, check=True):
        """Runs a shell command inside, as root; its output with the errors in it."""
        done = subprocess.run(
            [self.TOOL, "run", self.path, command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}"
        return done.stdout if check else done.returncode


@pytest.fixture(scope="module")
def debian_root(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("a Debian root can be made by root only")
    if shutil.which("debootstrap") is None:
        pytest.skip("a Debian root needs debootstrap")
    root = DebianRoot(tmp_path_factory.mktemp("debian"))
    try:
        root.make()
    except subprocess.CalledProcessError as failure:
        root.drop()
        pytest.skip(f"no Debian root can be made here: {failure.stderr.decode()[-300:]}")
    yield root
    root.drop()
