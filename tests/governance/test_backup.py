"""A server's state in one file and back: whole, while requests go on; what is damaged, newer or
half is refused; and records go on under a name that no other tree has."""

import hashlib
import io
import json
import os
import sqlite3
import stat
import subprocess
import tarfile
import threading

import pytest
from governance_support import Governed
from support.owner import Owner
from support.postgres import find_program, temporary_postgres
from support.server import binary_path, wait_until

pytestmark = pytest.mark.sqlite
TIMEOUT_S = 120
MANIFEST = "sluice-backup.json"


def run(*arguments, code=0, **variables):
    kept = {key: text for key, text in os.environ.items() if not key.startswith("SLUICE_")}
    done = subprocess.run(
        [binary_path(), *map(str, arguments)],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def backup(server, file, *more):
    return run("backup", file, "--data-dir", server.data_dir, *more)


def records(owner, **filters):
    answer = owner.session.get(owner.base + "/audit/records", params=filters, timeout=TIMEOUT_S)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def public_keys(owner):
    heads = owner.get("/audit/heads")
    return {head["publicKey"] for head in [heads["current"], *heads["items"]]}


def verify(journal, keys):
    return run("audit", "verify", "--journal", journal, *(f"--key={key}" for key in keys))


def old_journals(data_dir):
    return [name for name in os.listdir(data_dir) if name.startswith("audit.before-")]


@pytest.fixture
def restored(tmp_path, launch):
    """restored(file): a server of a data directory that was made of the backup."""

    def start(file, data_dir="restored"):
        text = run("restore", file, "--data-dir", tmp_path / data_dir)
        return launch(data_dir=data_dir), text

    return start


def test_a_restored_server_knows_what_the_other_knew(governed, tmp_path, restored):
    governed.share("sales")
    acme = governed.recipient("acme", "sales", attributes={"country": "FR"})
    assert acme.query("sales", "retail", "orders").status_code == 200
    request = acme.query("sales", "retail", "orders").headers["X-Request-Id"]
    wait_until(lambda: records(governed.owner, requestId=request), what="it is shipped")
    keys = public_keys(governed.owner)
    governed.server.stop()  # with a signed head
    governed.server.start()
    file = tmp_path / "state.tar"
    assert "master.key" in backup(governed.server, file)
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    governed.server.stop()

    server, text = restored(file)
    assert "what was revoked" in text and "keys are not in the backup" in text
    again = Governed(server, governed.warehouse)
    token = acme.session.headers["Authorization"].removeprefix("Bearer ")
    reader = again.reader(token)
    assert reader.shares() == ["sales"]
    assert reader.query("sales", "retail", "orders").status_code == 200
    assert again.owner.get("/recipients/acme")["attributes"] == {"country": "FR"}
    assert records(again.owner, requestId=request)  # by the database
    [old] = old_journals(server.data_dir)
    told = verify(os.path.join(server.data_dir, old), keys)
    assert "are whole and in their place" in told and "; 0 signed heads" not in told


def test_a_restored_node_signs_no_second_tree_under_its_old_name(governed, tmp_path, restored):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    file = tmp_path / "state.tar"
    backup(governed.server, file, "--with-keys")
    for _ in range(3):  # others see a tree that the backup does not know
        assert acme.query("sales", "retail", "orders").status_code == 200
    before = governed.owner.get("/audit/heads")["current"]
    governed.server.stop()
    nodes = {before["node"]}
    for name in ("first", "second"):
        server, _ = restored(file, name)
        head = Owner(server).get("/audit/heads")["current"]
        assert head["node"] not in nodes
        assert head["publicKey"] != before["publicKey"]
        nodes.add(head["node"])
        server.stop()
    assert len(nodes) == 3


def test_journals_of_earlier_restores_are_backed_up_too(governed, tmp_path, restored):
    governed.share("sales")
    backup(governed.server, tmp_path / "one.tar")
    governed.server.stop()
    server, _ = restored(tmp_path / "one.tar", "first")
    [old] = old_journals(server.data_dir)
    backup(server, tmp_path / "two.tar")
    server.stop()
    run("restore", tmp_path / "two.tar", "--data-dir", tmp_path / "second")
    assert len(old_journals(tmp_path / "second")) == 2
    assert old in old_journals(tmp_path / "second")
    for name in os.listdir(os.path.join(server.data_dir, old)):
        first = os.path.join(server.data_dir, old, name)
        second = tmp_path / "second" / old / name
        assert open(first, "rb").read() == second.read_bytes()


def test_with_keys_links_and_profiles_go_on_to_work(governed, tmp_path, restored, warehouse):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    file = tmp_path / "state.tar"
    assert "keys and tokens" in backup(governed.server, file, "--with-keys")
    governed.server.stop()
    server, text = restored(file)
    assert "keys are not" not in text
    for name in ("master.key", "admin.token"):
        old = os.path.join(governed.server.data_dir, name)
        new = os.path.join(server.data_dir, name)
        assert open(old, "rb").read() == open(new, "rb").read()
        assert stat.S_IMODE(os.stat(new).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(server.data_dir).st_mode) == 0o700


def test_without_keys_the_file_holds_no_secret(governed, tmp_path):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    assert acme.shares() == ["sales"]
    file = tmp_path / "state.tar"
    backup(governed.server, file)
    content = file.read_bytes()
    secrets = [acme.session.headers["Authorization"].removeprefix("Bearer ")]
    for name in ("master.key", "admin.token"):
        path = os.path.join(governed.server.data_dir, name)
        secrets.append(open(path, encoding="utf-8").read().strip())
    for secret in secrets:
        assert secret.encode() not in content


class Load:
    """Reads and changes, until told to stop; each must succeed."""

    def __init__(self, governed, token):
        self.governed, self.token = governed, token
        self.is_ending, self.done, self.failures = threading.Event(), 0, []
        self.threads = [threading.Thread(target=self.read), threading.Thread(target=self.change)]

    def read(self):
        reader = self.governed.reader(self.token)
        while not self.is_ending.is_set():
            answer = reader.query("sales", "retail", "orders")
            self.done += 1
            if answer.status_code != 200:
                self.failures.append(answer.text)

    def change(self):
        owner = Owner(self.governed.server)
        number = 0
        while not self.is_ending.is_set() and number < 2_000:
            try:
                owner.create_recipient(f"extra-{number}")
            except Exception as failure:  # noqa: BLE001 - told below
                self.failures.append(str(failure))
            number += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_until(lambda: self.done > 20 or self.failures, what="requests are answered")
        return self

    def __exit__(self, *_):
        self.is_ending.set()
        for thread in self.threads:
            thread.join(TIMEOUT_S)


def test_a_backup_under_load_is_whole_and_harms_nobody(governed, tmp_path):
    governed.share("sales")
    token = governed.owner.create_recipient("acme") and governed.owner.issue_token("acme")["token"]
    governed.owner.grant("sales", "acme")
    keys = public_keys(governed.owner)
    files = [tmp_path / f"{i}.tar" for i in range(5)]
    with Load(governed, token) as load:
        for file in files:
            before = load.done
            backup(governed.server, file)
            wait_until(lambda: load.done > before or load.failures, what="load goes on")
    assert load.failures == []
    sizes = []
    for i, file in enumerate(files):
        target = tmp_path / f"restored-{i}"
        run("restore", file, "--data-dir", target)
        [old] = old_journals(target)
        verify(target / old, keys)
        sizes.append(check_changes_are_recorded(target, target / old))
    assert sizes == sorted(sizes) and sizes[-1] > 0


def check_changes_are_recorded(data_dir, journal):
    """Each recipient of the catalog has a record in the journal. Returns how many there are."""
    catalog = sqlite3.connect(data_dir / "catalog.db")
    names = {name for (name,) in catalog.execute("SELECT name FROM recipients")}
    catalog.close()
    text = b"".join(path.read_bytes() for path in sorted(journal.glob("*.log"))).decode("latin-1")
    for name in names:
        assert f'"object":"recipient {name}"' in text
    return len(names)


def rewrite(file, change):
    """A copy of the backup whose files went through `change`, as (name, bytes) pairs."""
    with tarfile.open(file) as tar:
        files = [(member.name, tar.extractfile(member).read()) for member in tar]
    other = file.with_suffix(".changed.tar")
    with tarfile.open(other, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in change(files):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return other


def with_manifest(files, **changes):
    """The files with a manifest that fits them, but for `changes`."""
    manifest = json.loads(dict(files)[MANIFEST])
    files = [(name, content) for name, content in files if name != MANIFEST]
    manifest["files"] = [
        {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files
    ]
    manifest.update(changes)
    return [*files, (MANIFEST, json.dumps(manifest).encode())]


@pytest.fixture
def file(governed, tmp_path):
    governed.share("sales")
    path = tmp_path / "state.tar"
    backup(governed.server, path)
    governed.server.stop()
    return path


def refused(file, target, words):
    assert words in run("restore", file, "--data-dir", target, code=1)
    beside = os.listdir(os.path.dirname(target))
    assert os.path.basename(target) not in beside
    assert not [name for name in beside if ".restoring-" in name]


def test_a_damaged_file_is_refused_and_nothing_is_left(file, tmp_path):
    target = tmp_path / "new"
    content = file.read_bytes()
    other = tmp_path / "other.tar"
    for size in (0, 100, 512, len(content) // 2, len(content) - 513):
        other.write_bytes(content[:size])
        refused(other, target, "other.tar")
    at = content.index(b"SQLite format 3") + 5000
    other.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    refused(other, target, MANIFEST)
    other.write_bytes(content + content)
    run("restore", other, "--data-dir", target)  # what stands behind the end is not read


def test_what_no_backup_holds_is_refused(file, tmp_path):
    target = tmp_path / "new"
    for name in ("../outside", "/tmp/outside", "audit/../../outside", "lock", "other/file",
                 "audit/.hidden", "audit.db/x", "ports.json"):  # fmt: skip
        changed = rewrite(file, lambda files, n=name: with_manifest([(n, b"x"), *files]))
        refused(changed, target, "no backup has")
    assert not (tmp_path / "outside").exists()
    changed = rewrite(file, lambda files: with_manifest([*files[:-1], files[0], files[-1]]))
    refused(changed, target, "twice")
    changed = rewrite(file, lambda files: files[1:])
    refused(changed, target, MANIFEST)


def test_what_a_newer_program_made_is_refused(file, tmp_path):
    target = tmp_path / "new"
    changed = rewrite(file, lambda files: with_manifest(files, format=2))
    refused(changed, target, "use a newer one")

    def age(files):
        catalog = tmp_path / "catalog.db"
        catalog.write_bytes(dict(files)["catalog.db"])
        database = sqlite3.connect(catalog)
        database.execute("UPDATE schema_versions SET version = 1000")
        database.commit()
        database.execute("PRAGMA journal_mode=DELETE")
        database.close()
        return with_manifest(
            [(name, catalog.read_bytes() if name == "catalog.db" else content)
             for name, content in files]  # fmt: skip
        )

    refused(rewrite(file, age), target, "use a newer one")


def test_neither_command_writes_over_anything(governed, tmp_path):
    governed.share("sales")
    there = tmp_path / "there.tar"
    there.write_text("mine")
    assert "is there already" in run(
        "backup", there, "--data-dir", governed.server.data_dir, code=1
    )
    assert there.read_text() == "mine"
    file = tmp_path / "state.tar"
    backup(governed.server, file)
    assert "is not empty" in run(
        "restore", file, "--data-dir", governed.server.data_dir, code=1
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    run("restore", file, "--data-dir", empty)
    assert old_journals(empty)
    nowhere = tmp_path / "nowhere"
    assert "no data directory" in run("backup", tmp_path / "x", "--data-dir", nowhere, code=1)
    assert not [name for name in os.listdir(tmp_path) if "partial" in name]


def test_with_postgresql_the_rest_is_backed_up(governed, tmp_path):
    """The database is named and not touched: it need not even be there."""
    governed.share("sales")
    file = tmp_path / "state.tar"
    text = run("backup", file, "--data-dir", governed.server.data_dir,
               SLUICE_CATALOG_URL="postgresql://nobody@127.0.0.1:1/none")  # fmt: skip
    assert "pg_dump" in text
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert "audit/tree" in names and "catalog.db" not in names and "audit.db" not in names
    assert "pg_restore" in run("restore", file, "--data-dir", tmp_path / "new")


@pytest.fixture
def postgres():
    with temporary_postgres() as running:
        yield running


def test_with_postgresql_both_parts_together_restore_a_server(launch, warehouse, tmp_path, postgres):
    first = Governed(launch(None, "--catalog-url", postgres.url), warehouse)
    first.share("sales")
    acme = first.recipient("acme", "sales")
    request = acme.query("sales", "retail", "orders").headers["X-Request-Id"]
    wait_until(lambda: records(first.owner, requestId=request), what="it is shipped")
    keys = public_keys(first.owner)
    file, dump = tmp_path / "state.tar", tmp_path / "catalog.dump"
    run("backup", file, "--with-keys", "--data-dir", first.server.data_dir,
        SLUICE_CATALOG_URL=postgres.url)  # fmt: skip
    call(find_program("pg_dump"), "--format=custom", f"--file={dump}", postgres.url)
    first.owner.create_share("later")
    first.server.stop()

    postgres.execute("CREATE DATABASE restored")
    url = postgres.url_of("restored")
    call(find_program("pg_restore"), f"--dbname={url}", dump)
    run("restore", file, "--data-dir", tmp_path / "restored", SLUICE_CATALOG_URL=url)
    server = launch(None, "--catalog-url", url, data_dir="restored")
    again = Governed(server, warehouse)
    token = acme.session.headers["Authorization"].removeprefix("Bearer ")
    assert again.reader(token).query("sales", "retail", "orders").status_code == 200
    assert [share["name"] for share in again.owner.get("/shares")["items"]] == ["sales"]
    assert records(again.owner, requestId=request)
    [old] = old_journals(server.data_dir)
    verify(os.path.join(server.data_dir, old), keys)


def call(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr
