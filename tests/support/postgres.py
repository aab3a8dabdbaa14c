"""A PostgreSQL server of a test's own, on a free port of 127.0.0.1.

    with temporary_postgres() as postgres:
        postgres.url                        # "postgresql://sluice:...@127.0.0.1:25432/sluice"
        postgres.execute("SELECT 1")        # by psql, as text
        postgres.restart()

The cluster of a Postgres(folder) lies in that, and is gone when the caller deletes it; its log is
`folder`.log. The programs are the system's or those that `./dev setup` unpacks. PostgreSQL refuses
to run as root: then it runs as the user nobody, who must be able to reach `folder`.
"""

import contextlib
import glob
import os
import pathlib
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile

from .daemon import STOP_LIMIT_S, Daemon, installed

VERSION = "15"
USER = DATABASE = "sluice"
# What is committed outlives a killed server, but not the machine: nothing need reach the disk.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "max_prepared_transactions": "0",
    "log_min_messages": "warning",
}


def find_program(name):
    found = glob.glob(f"/usr/lib/postgresql/{VERSION}/bin/{name}")
    return found[0] if found else installed("postgres", "usr", "lib", "postgresql", VERSION, "bin", name)


def as_nobody():
    """What stands before a command that root must not run."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("nobody")
    # prctl's wish to end with the parent is forgotten when the user changes, so setpriv makes it anew.
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
            "--pdeathsig=TERM"]  # fmt: skip


def everybody_reaches(path):
    folders = pathlib.Path(path).resolve().parents
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


class Postgres(Daemon):
    def __init__(self, folder, settings=None):
        super().__init__(folder)
        self.settings = {**SETTINGS, **(settings or {})}
        self.password = secrets.token_hex(12)
        self.cluster = os.path.join(self.folder, "cluster")
        # A socket's path must be short, so it stands elsewhere.
        self.sockets = tempfile.mkdtemp(prefix="sluice-pg-")

    @property
    def url(self):
        return self.url_of(DATABASE)

    def url_of(self, database):
        return f"postgresql://{USER}:{self.password}@{self.host}:{self.port}/{database}"

    def start_once(self):
        if not os.path.exists(self.cluster):
            self.make_cluster()
        super().start_once()
        if DATABASE not in self.execute("SELECT datname FROM pg_database", "postgres").split():
            self.execute(f"CREATE DATABASE {DATABASE}", "postgres")
        return self

    def program(self, name):
        """For the user that runs the server, who may not reach a clone of root's: then it is copied."""
        path = find_program(name)
        if os.geteuid() != 0 or everybody_reaches(path):
            return path
        unpacked, copy = installed("postgres"), os.path.join(self.folder, "programs")
        if not os.path.exists(copy):
            shutil.copytree(unpacked, copy, symlinks=True)
        return os.path.join(copy, os.path.relpath(path, unpacked))

    def make_cluster(self):
        os.makedirs(self.cluster)
        password = os.path.join(self.folder, "password")
        with open(password, "w", encoding="utf-8") as file:
            file.write(self.password)
        if os.geteuid() == 0:
            for path in (self.folder, self.cluster, self.sockets, password):
                shutil.chown(path, "nobody")
        done = subprocess.run(
            [*as_nobody(), self.program("initdb"), "--pgdata", self.cluster, "--username", USER,
             "--pwfile", password, "--auth", "scram-sha-256", "--encoding", "UTF8",
             "--locale", "C.UTF-8", "--no-sync"],
            capture_output=True, text=True, check=False, cwd=self.folder,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"initdb: {done.stderr}")

    def command(self):
        settings = {"port": self.port, "listen_addresses": self.host, **self.settings}
        settings["unix_socket_directories"] = self.sockets
        options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        return [*as_nobody(), self.program("postgres"), "-D", self.cluster, *options]

    def psql(self, sql, database=DATABASE):
        # Expected failures, as while it starts, are the caller's to judge.
        return subprocess.run(
            [find_program("psql"), "--no-psqlrc", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             "-c", sql, self.url_of(database)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def execute(self, sql, database=DATABASE):
        """What one statement answers, one line a row and `|` between columns."""
        done = self.psql(sql, database)
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr}")
        return done.stdout

    def is_ready(self):
        return self.psql("SELECT 1", "postgres").returncode == 0

    def stop(self):
        """Ends it at once, with a shutdown that keeps what was committed: SIGINT, PostgreSQL's
        "fast" one, does not wait for its clients."""
        if self.running():
            self.resume()
            self.process.send_signal(2)
            try:
                self.process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                pass
        super().stop()

    def kill(self):
        """As a machine that loses power would end it. Its children see that it is gone, and end."""
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)


@contextlib.contextmanager
def temporary_postgres(kind=Postgres, *arguments):
    """One below /tmp itself, where the user nobody can reach it: not so in tmp_path."""
    with tempfile.TemporaryDirectory(prefix="sluice-postgres-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        with kind(os.path.join(folder, "postgres"), *arguments) as running:
            yield running
