"""Starts and stops a Sluice server for black-box tests, on ports that the system chooses."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from urllib.parse import quote, urlsplit

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
START_LIMIT_S = 60  # generous: a sanitizer build on a busy machine
STOP_LIMIT_S = 60
POLL_S = 0.02


class ServerFailed(Exception):
    """The server ended, or did not listen in time; the text holds the end of its log."""


def binary_path():
    return os.environ.get("SLUICE_BINARY", os.path.join(REPOSITORY, "build", "sluice"))


def wait_until(condition, limit_s=START_LIMIT_S, what="condition"):
    """Polls until `condition()` is truthy and returns that value."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {limit_s} s")
        time.sleep(POLL_S)


def copy_tables(source, destination, location=None):
    """Copies test tables and puts absolute paths where their logs have placeholders: those of the
    copy, or of `location`, the URL of a folder in a bucket to which the copy is put afterwards."""
    shutil.copytree(source, destination, symlinks=True, dirs_exist_ok=True)
    for folder, _, names in os.walk(destination):
        if os.path.basename(folder) == "_delta_log":
            table = os.path.relpath(folder, destination).split(os.sep)[0]
            place = f"{location or os.path.abspath(destination)}/{table}"
            for name in names:
                if name.endswith(".json"):
                    fill_file(os.path.join(folder, name), place)


def fill_file(path, place):
    with open(path, "rb") as file:
        text = file.read()
    if b"{{" not in text:
        return
    with open(path, "wb") as file:
        file.write(fill_placeholders(text.decode(), place).encode())


SPECIAL = quote("/delta/folder&with%special char")


def fill_placeholders(text, place):
    """A log's text with the paths of a table at `place`, a folder or the URL of one in a bucket.
    A path without a scheme stays one: in a bucket it begins at the bucket's root."""
    is_url = "://" in place
    path = urlsplit(place).path if is_url else place
    for placeholder, rest in (("{{TABLE_DIR}}", ""), ("{{FOLDER_WITH_SPECIAL_CHAR}}", SPECIAL)):
        for scheme in ("file://", "file:") if is_url else ():
            text = text.replace(scheme + placeholder, place + rest)
        text = text.replace(placeholder, path + rest)
    return text


class Server:
    """One `sluice serve`. `source` is a folder to serve, a .yaml configuration file, or None for the
    data directory alone."""

    def __init__(
        self,
        source,
        data_dir,
        arguments=(),
        binary=None,
        listen="127.0.0.1:0",
        user=None,
        variables=None,
    ):
        self.user = user  # a user id to run as; None for the caller's own
        self.variables = variables or {}  # environment variables beside the caller's own
        self.data_dir = os.path.abspath(data_dir)
        self.log_path = self.data_dir + ".log"
        self.process, self.ports = None, {}
        is_file = source is not None and source.endswith((".yaml", ".yml"))
        what = ["--config", source] if is_file else [source] if source else []
        self.command = [
            binary or binary_path(),
            "serve",
            *what,
            "--listen",
            listen,
            "--admin-listen",
            "127.0.0.1:0",
            "--data-dir",
            self.data_dir,
            *arguments,
        ]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def spawn(self):
        """Starts the process without waiting for it to listen."""
        ports_file = os.path.join(self.data_dir, "ports.json")
        if os.path.exists(ports_file):
            os.remove(ports_file)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.variables},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                user=self.user,
            )
        return self

    def start(self):
        self.spawn()
        try:
            self.ports = wait_until(self.read_ports, what="the server listens")
        except (TimeoutError, ServerFailed):
            self.stop()
            raise
        return self

    def read_ports(self):
        if self.process.poll() is not None:
            raise ServerFailed(f"exit code {self.process.returncode}:\n{self.log()[-3000:]}")
        try:
            with open(os.path.join(self.data_dir, "ports.json"), encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):  # not there yet, or half written
            return None

    @property
    def scheme(self):
        tls = any(a.startswith("--tls-") for a in self.command)
        return "https" if tls else "http"

    def address(self, listener):
        """HOST:PORT of "recipients", "admin" or "files"; None if there is no such listener."""
        value = self.ports.get(listener)
        return f"127.0.0.1:{value}" if isinstance(value, int) else value

    @property
    def root(self):
        return f"{self.scheme}://{self.address('recipients')}"

    @property
    def endpoint(self):
        return self.root + "/delta-sharing"

    @property
    def admin(self):
        return "http://" + self.address("admin")

    def profile_path(self):
        """The profile of recipient `me`, which the server writes when it serves a folder."""
        return os.path.join(self.data_dir, "me.share")

    def token(self):
        with open(self.profile_path(), encoding="utf-8") as file:
            return json.load(file)["bearerToken"]

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """Asks the server to end and returns its exit code; kills it only if it does not."""
        if self.process is None:
            return None
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@contextlib.contextmanager
def launcher(folder):
    """Gives launch(source=None, *arguments): a server that listens, with its data directory in
    `folder`. All of them are stopped in the end."""
    running = []

    def start(source=None, *arguments, data_dir="data", **more):
        server = Server(source and str(source), str(folder / data_dir), arguments, **more)
        running.append(server)
        return server.start()

    try:
        yield start
    finally:
        for server in running:
            server.stop()
