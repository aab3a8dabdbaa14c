#!/usr/bin/env python3
"""Makes the synthetic Delta tables of the benchmarks: logs of any size, without data files.

    make_tables.py --out FOLDER [--files N] [--tail COMMITS] [--json-only] [--no-stats]

File i is said to hold ids [100 i, 100 i + 99], so `id = 4250` keeps file 42, and lies in one of
365 partitions `day`. The log is a checkpoint at version 20, or with --json-only 20 commits, and then one
commit of one file for each of --tail. Two runs make the same bytes.
"""

import argparse
import dataclasses
import datetime
import json
import os
import shutil
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

GENERATION = "v1"  # to be raised when the same options give other bytes
FIRST_VERSION = 20  # of the checkpoint; what came before is cleaned up
FIRST_COMMIT_MS = 1_767_225_600_000  # 2026-01-01
ROWS_PER_FILE = 100
DAYS = 365
MAX_FILES = 1_000_000
FILES_PER_ROW_GROUP = 50_000

COLUMNS = [("id", "long"), ("name", "string"), ("amount", "double"), ("at", "timestamp")]
PARTITION = ("day", "date")
CHECKPOINT_SCHEMA = pa.schema(
    [
        (
            "protocol",
            pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())]),
        ),
        (
            "metaData",
            pa.struct(
                [
                    ("id", pa.string()),
                    ("name", pa.string()),
                    (
                        "format",
                        pa.struct(
                            [
                                ("provider", pa.string()),
                                ("options", pa.map_(pa.string(), pa.string())),
                            ]
                        ),
                    ),
                    ("schemaString", pa.string()),
                    ("partitionColumns", pa.list_(pa.string())),
                    ("configuration", pa.map_(pa.string(), pa.string())),
                    ("createdTime", pa.int64()),
                ]
            ),
        ),
        (
            "add",
            pa.struct(
                [
                    ("path", pa.string()),
                    ("partitionValues", pa.map_(pa.string(), pa.string())),
                    ("size", pa.int64()),
                    ("modificationTime", pa.int64()),
                    ("dataChange", pa.bool_()),
                    ("stats", pa.string()),
                ]
            ),
        ),
        ("remove", pa.struct([("path", pa.string()), ("deletionTimestamp", pa.int64())])),
    ]
)


@dataclasses.dataclass(frozen=True)
class Table:
    """What distinguishes one table from another."""

    files: int
    tail: int = 0  # commits of one file each, after the others
    json_only: bool = False  # without a checkpoint
    stats: bool = True

    @property
    def name(self):
        """Says all that is not as usual: `files_200000_tail_1000`."""
        parts = ["files", str(self.files)]
        parts += ["tail", str(self.tail)] if self.tail else []
        parts += ["json"] if self.json_only else []
        parts += [] if self.stats else ["no_stats"]
        return "_".join(parts)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def protocol():
    return {"minReaderVersion": 1, "minWriterVersion": 2}


def metadata(table):
    fields = [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in [*COLUMNS, PARTITION]
    ]
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, table.name)),
        "name": table.name,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": compact({"type": "struct", "fields": fields}),
        "partitionColumns": [PARTITION[0]],
        "configuration": {},
        "createdTime": FIRST_COMMIT_MS,
    }


def bounds(row):
    at = datetime.datetime(2025, 1, 1) + datetime.timedelta(seconds=row)
    return {
        "id": row,
        "name": f"name-{row:012d}",
        "amount": row * 0.5,
        "at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


def statistics(i):
    first = i * ROWS_PER_FILE
    return compact(
        {
            "numRecords": ROWS_PER_FILE,
            "minValues": bounds(first),
            "maxValues": bounds(first + ROWS_PER_FILE - 1),
            "nullCount": {name: 0 for name, _ in COLUMNS},
        }
    )


def add_action(table, i):
    """The log's entry of file `i`."""
    number = min(i // max(1, table.files // DAYS), DAYS - 1)
    day = (datetime.date(2025, 1, 1) + datetime.timedelta(days=number)).isoformat()
    name = uuid.uuid5(uuid.NAMESPACE_OID, str(i))
    add = {
        "path": f"day={day}/part-{i:05d}-{name}-c000.snappy.parquet",
        "partitionValues": {"day": day},
        "size": 100_000_000 + i,
        "modificationTime": FIRST_COMMIT_MS + i,
        "dataChange": True,
    }
    return add | {"stats": statistics(i)} if table.stats else add


def write_commit(log, version, actions):
    """Appears whole or not at all, since the benchmarks also commit to a table that is served."""
    info = {"commitInfo": {"timestamp": FIRST_COMMIT_MS + version * 1000, "operation": "WRITE"}}
    path = os.path.join(log, f"{version:020d}.json")
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.writelines(compact(action) + "\n" for action in [info, *actions])
    os.rename(path + ".new", path)


def write_checkpoint(log, table):
    path = os.path.join(log, f"{FIRST_VERSION:020d}.checkpoint.parquet")
    with pq.ParquetWriter(path, CHECKPOINT_SCHEMA) as writer:
        head = [{"protocol": protocol()}, {"metaData": checkpoint_metadata(table)}]
        writer.write_table(pa.Table.from_pylist(head, CHECKPOINT_SCHEMA))
        for begin in range(0, table.files, FILES_PER_ROW_GROUP):
            end = min(begin + FILES_PER_ROW_GROUP, table.files)
            adds = [{"add": checkpoint_add(table, i)} for i in range(begin, end)]
            writer.write_table(pa.Table.from_pylist(adds, CHECKPOINT_SCHEMA))
    write_commit(log, FIRST_VERSION, [])
    with open(os.path.join(log, "_last_checkpoint"), "w", encoding="utf-8") as file:
        file.write(compact({"version": FIRST_VERSION, "size": table.files + 2}))


# Arrow takes a map as a list of pairs.
def checkpoint_metadata(table):
    return metadata(table) | {
        "format": {"provider": "parquet", "options": []},
        "configuration": [],
    }


def checkpoint_add(table, i):
    add = add_action(table, i)
    return add | {"dataChange": False, "partitionValues": list(add["partitionValues"].items())}


def write_commits(log, table):
    """The same files as write_checkpoint, in commits."""
    write_commit(log, 0, [{"protocol": protocol()}, {"metaData": metadata(table)}])
    for k in range(FIRST_VERSION):
        begin, end = (table.files * n // FIRST_VERSION for n in (k, k + 1))
        write_commit(log, k + 1, [{"add": add_action(table, i)} for i in range(begin, end)])


def make(table, folder):
    """Makes the table below `folder`, if it is not there from an earlier run; returns its path."""
    root = os.path.join(folder, GENERATION, table.name)
    if os.path.exists(root):
        return root
    new = root + ".new"
    shutil.rmtree(new, ignore_errors=True)
    log = os.path.join(new, "_delta_log")
    os.makedirs(log)
    (write_commits if table.json_only else write_checkpoint)(log, table)
    for k in range(table.tail):
        add = {"add": add_action(table, table.files + k)}
        write_commit(log, FIRST_VERSION + 1 + k, [add])
    os.rename(new, root)
    return root


def make_download(folder, size_bytes):
    """Makes a table of one file of `size_bytes`, whose bytes are no real Parquet."""
    root = os.path.join(folder, GENERATION, f"download_{size_bytes}")
    if os.path.exists(root):
        return root
    new = root + ".new"
    shutil.rmtree(new, ignore_errors=True)
    log = os.path.join(new, "_delta_log")
    os.makedirs(log)
    block = b"".join(uuid.uuid5(uuid.NAMESPACE_OID, str(i)).bytes for i in range(65536))
    with open(os.path.join(new, "data.parquet"), "wb") as file:
        for _ in range(size_bytes // len(block)):
            file.write(block)
    table = Table(files=1, stats=False)
    add = add_action(table, 0) | {"path": "data.parquet", "size": size_bytes}
    actions = [{"protocol": protocol()}, {"metaData": metadata(table)}, {"add": add}]
    write_commit(log, 0, actions)
    os.rename(new, root)
    return root


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", required=True)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--tail", type=int, default=0)
    parser.add_argument("--json-only", action="store_true")
    parser.add_argument("--no-stats", dest="stats", action="store_false")
    options = parser.parse_args()
    if not 1 <= options.files <= MAX_FILES:
        parser.error(f"--files: 1 to {MAX_FILES}")
    table = Table(options.files, options.tail, options.json_only, options.stats)
    print(make(table, options.out))


if __name__ == "__main__":
    main()
