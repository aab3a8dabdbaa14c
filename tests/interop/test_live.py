"""Tables that change while they are shared: each answer is one committed version."""

import json
import os
import shutil
import threading

from support.caller import caller_of
from support.server import wait_until

TABLE = "/shares/warehouse/schemas/default/tables/live"
METADATA = {
    "id": "live",
    "format": {"provider": "parquet", "options": {}},
    "schemaString": json.dumps({"type": "struct", "fields": []}),
    "partitionColumns": [],
    "configuration": {},
}


class LiveTable:
    """A table of empty files: version N holds N + 1 of them."""

    def __init__(self, path, table_id="live"):
        self.path, self.version = path, -1
        os.makedirs(path / "_delta_log")
        metadata = METADATA | {"id": table_id}
        self.commit(
            {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": metadata}
        )

    def commit(self, *actions):
        """Adds one file, as a writer does: the commit appears whole, under its final name."""
        self.version += 1
        name = f"part-{self.version}.parquet"
        add = {"path": name, "partitionValues": {}, "size": 4, "modificationTime": 1}
        (self.path / name).write_bytes(b"PAR1")
        lines = [*actions, {"add": add | {"dataChange": True}}]
        temporary = self.path / "_delta_log" / ".commit"
        temporary.write_text("".join(json.dumps(line) + "\n" for line in lines))
        temporary.rename(self.path / "_delta_log" / f"{self.version:020d}.json")


class Reading(threading.Thread):
    """Queries until told to stop, and keeps what does not fit together."""

    def __init__(self, server, check):
        super().__init__()
        self.caller, self.check = caller_of(server), check
        self.done, self.bad, self.versions = threading.Event(), [], []

    def run(self):
        while not self.done.is_set():
            response = self.caller.query(TABLE)
            if response.status_code != 200:
                self.bad.append(response.text)
                continue
            lines = [json.loads(line) for line in response.content.decode().split("\n") if line]
            version = int(response.headers["delta-table-version"])
            self.versions.append(version)
            if not self.check(version, lines[1]["metaData"], lines[2:]):
                self.bad.append((version, lines[1]["metaData"], len(lines) - 2))


def one_version(version, metadata, files):
    return len(files) == metadata["numFiles"] == version + 1


def read_while(server, check, body):
    """Runs `body` while four readers query; returns the readers."""
    readers = [Reading(server, check) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        body()
    finally:
        for reader in readers:
            reader.done.set()
            reader.join()
    return readers


def test_every_answer_is_one_version_and_versions_never_go_back(launch, tmp_path):
    table = LiveTable(tmp_path / "warehouse" / "live")
    server = launch(tmp_path / "warehouse")

    def write():
        for _ in range(200):
            table.commit()

    readers = read_while(server, one_version, write)
    assert [reader.bad for reader in readers] == [[], [], [], []]
    assert all(reader.versions == sorted(reader.versions) for reader in readers)
    assert len(caller_of(server).files(TABLE)) == 201


def test_table_that_was_written_anew_is_read_anew(launch, tmp_path):
    """The folder is removed and another table is made there, with fewer versions than the first."""
    table = LiveTable(tmp_path / "warehouse" / "live", table_id="first")
    for _ in range(5):
        table.commit()
    server = launch(tmp_path / "warehouse")
    assert len(caller_of(server).files(TABLE)) == 6
    shutil.rmtree(table.path)
    LiveTable(table.path, table_id="second").commit()
    metadata = caller_of(server).query(TABLE).content.split(b"\n")[1]
    assert json.loads(metadata)["metaData"]["id"] == "second"
    assert len(caller_of(server).files(TABLE)) == 2


def test_half_written_commit_is_an_error_until_it_is_whole(launch, tmp_path):
    """A writer that does not write atomically: no answer may be made from half a commit."""
    table = LiveTable(tmp_path / "warehouse" / "live")
    server = launch(tmp_path / "warehouse")
    caller = caller_of(server)
    assert len(caller.files(TABLE)) == 1
    table.commit()
    commit = table.path / "_delta_log" / f"{table.version:020d}.json"
    whole = commit.read_text()
    commit.write_text(whole[: len(whole) // 2])
    assert caller.query(TABLE).status_code == 500
    commit.write_text(whole)
    wait_until(lambda: caller.query(TABLE).status_code == 200, what="the whole commit is read")
    assert len(caller.files(TABLE)) == 2


def test_log_cleaned_behind_a_running_server(launch, tmp_path):
    """Old commits may go at any time; what a running server knows stays readable."""
    table = LiveTable(tmp_path / "warehouse" / "live")
    for _ in range(3):
        table.commit()
    server = launch(tmp_path / "warehouse")
    caller = caller_of(server)
    assert len(caller.files(TABLE)) == 4
    for version in range(3):
        os.remove(table.path / "_delta_log" / f"{version:020d}.json")
    table.commit()
    assert len(caller.files(TABLE)) == 5
