"""Other people's servers, started by the tests on free loopback ports and ended by process id."""

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import time

from .server import REPOSITORY, wait_until

START_LIMIT_S = 60  # generous: a busy machine
STOP_LIMIT_S = 10
TRIES = 3  # another process may take the free port before the server does
LOG_TAIL_CHARS = 3000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class NotInstalled(Exception):
    """A program that `./dev setup` installs is not there."""


class NotStarted(Exception):
    """The program ended or did not answer in time; the text holds the end of its log."""


def installed(*parts):
    """The path of a file below .deps, which must be there."""
    path = os.path.join(REPOSITORY, ".deps", *parts)
    if not os.path.exists(path):
        raise NotInstalled(f"no {os.path.relpath(path, REPOSITORY)}: run ./dev setup")
    return path


def free_port():
    """Below those that the system gives to outgoing connections: one of these could take it before
    its server listens."""
    while True:
        try:
            with socket.create_server(("127.0.0.1", random.randrange(20_000, 32_000))) as listener:
                return listener.getsockname()[1]
        except OSError:
            pass  # another has it


def end_with_parent():
    """Runs in the child: whatever ends the tests, even SIGKILL, ends it too."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Daemon:
    """One process. A subclass says what to run: command(), environment(), and when it is ready:
    is_ready(). Everything that it writes stays below `folder`; its output is `folder`.log."""

    host = "127.0.0.1"

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.log_path = self.folder + ".log"
        self.process, self.port = None, None

    def command(self):
        raise NotImplementedError

    def environment(self):
        """Variables besides PATH and HOME: a server must not see the caller's cloud settings."""
        return {}

    def is_ready(self):
        """Asked until it is true."""
        with socket.create_connection((self.host, self.port), timeout=1):
            return True

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        for attempt in range(1, TRIES + 1):
            self.choose_ports()
            try:
                return self.start_once()
            except NotStarted as failure:
                if attempt == TRIES or "in use" not in str(failure).lower():
                    raise

    def choose_ports(self):
        self.port = free_port()

    def start_once(self):
        os.makedirs(self.folder, exist_ok=True)
        variables = {"PATH": os.environ["PATH"], "HOME": self.folder, **self.environment()}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                env=variables,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
            )
        try:
            wait_until(self.answers, START_LIMIT_S, f"{type(self).__name__} answers")
        except (TimeoutError, NotStarted) as failure:
            self.stop()
            raise NotStarted(f"{failure}\n{self.log()[-LOG_TAIL_CHARS:]}") from None
        return self

    def answers(self):
        if not self.running():
            raise NotStarted(f"{self.process.args[0]}: exit code {self.process.returncode}")
        try:
            return self.is_ready()
        except OSError:
            return False

    def running(self):
        return self.process is not None and self.process.poll() is None

    def state(self):
        """The kernel's letter for it: R, S, T (halted), Z (ended)."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0]

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def pause(self):
        """Halts the process where it is: connections are accepted, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: self.state() == "T", STOP_LIMIT_S, "the process halts")

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """Asks the process to end, and kills it if it does not. What it keeps stays in `folder`."""
        if not self.running():
            return
        self.resume()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def restart(self):
        """The same server on the same port, with what it kept."""
        self.stop()
        end = time.monotonic() + STOP_LIMIT_S
        while True:
            try:
                return self.start_once()
            except NotStarted:
                if time.monotonic() > end:
                    raise


def find_nginx():
    path = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return path or installed("nginx", "usr", "sbin", "nginx")
