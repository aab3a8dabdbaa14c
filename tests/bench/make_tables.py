#!/usr/bin/env python3
"""Makes the synthetic Delta tables of the benchmarks: logs of any size, without data files.

    make_tables.py --out FOLDER [--files N] [--tail COMMITS] [--form FORM] [--stats STATS]

File i is said to hold ids [100 i, 100 i + 99], so `id = 4250` keeps file 42, and lies in one of
365 partitions `day`. The log is a checkpoint at version 20 of one of these forms, and then one
commit of one file for each of --tail:

    classic      one Parquet file
    parts        the same in Parquet files of 50,000 files each
    v2-parquet   sidecars of 50,000 files each, named by a Parquet file
    v2-json      the same, named by lines of JSON
    commits      no checkpoint: 20 commits

Statistics are text (what most writers leave), parsed (only as typed columns of the checkpoint) or
none. Two runs make the same bytes.
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
FILES_PER_PART = 50_000  # of a checkpoint in parts, and of a row group

COLUMNS = [("id", "long"), ("name", "string"), ("amount", "double"), ("at", "timestamp")]
PARTITION = ("day", "date")
FORMS = ("classic", "parts", "v2-parquet", "v2-json", "commits")
STATS = ("text", "parsed", "none")

TEXT_MAP = pa.map_(pa.string(), pa.string())
ARROW_TYPES = {
    "long": pa.int64(),
    "string": pa.string(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


@dataclasses.dataclass(frozen=True)
class Table:
    """What distinguishes one table from another."""

    files: int
    tail: int = 0  # commits of one file each, after the others
    form: str = "classic"  # of FORMS
    stats: str = "text"  # of STATS

    @property
    def name(self):
        """Says all that is not as usual: `files_200000_tail_1000`."""
        parts = ["files", str(self.files)]
        parts += ["tail", str(self.tail)] if self.tail else []
        parts += [self.form.replace("-", "_")] if self.form != "classic" else []
        parts += ["stats", self.stats] if self.stats != "text" else []
        return "_".join(parts)

    @property
    def is_v2(self):
        return self.form.startswith("v2-")


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def protocol(table):
    if not table.is_v2:
        return {"minReaderVersion": 1, "minWriterVersion": 2}
    features = {"readerFeatures": ["v2Checkpoint"], "writerFeatures": ["v2Checkpoint"]}
    return {"minReaderVersion": 3, "minWriterVersion": 7} | features


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
    at = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=row)
    return {"id": row, "name": f"name-{row:012d}", "amount": row * 0.5, "at": at}


def statistics(i):
    first = i * ROWS_PER_FILE
    return {
        "numRecords": ROWS_PER_FILE,
        "minValues": bounds(first),
        "maxValues": bounds(first + ROWS_PER_FILE - 1),
        "nullCount": {name: 0 for name, _ in COLUMNS},
    }


def statistics_text(i):
    return json.dumps(
        statistics(i),
        separators=(",", ":"),
        default=lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
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
    return add if table.stats == "none" else add | {"stats": statistics_text(i)}


def write_commit(log, version, actions):
    """Appears whole or not at all, since the benchmarks also commit to a table that is served."""
    info = {"commitInfo": {"timestamp": FIRST_COMMIT_MS + version * 1000, "operation": "WRITE"}}
    path = os.path.join(log, f"{version:020d}.json")
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.writelines(compact(action) + "\n" for action in [info, *actions])
    os.rename(path + ".new", path)


def write_checkpoint(log, table):
    """The checkpoint, its commit and the hint that leads to it."""
    stem = f"{FIRST_VERSION:020d}.checkpoint"
    count = -(-table.files // FILES_PER_PART)
    hint = {"version": FIRST_VERSION, "size": table.files + 2}
    head = [{"protocol": protocol(table)}, {"metaData": checkpoint_metadata(table)}]
    if table.form == "classic":
        write_parquet(log, f"{stem}.parquet", table, head, range(table.files))
    elif table.form == "parts":
        for k in range(count):
            name = f"{stem}.{k + 1:010d}.{count:010d}.parquet"
            write_parquet(log, name, table, [] if k else head, part(table, k))
        hint["parts"] = count
    else:
        sidecars = [{"sidecar": write_sidecar(log, table, k)} for k in range(count)]
        write_top_level(log, f"{stem}.{fixed_uuid(table, 'checkpoint')}", table, sidecars)
    write_commit(log, FIRST_VERSION, [])
    with open(os.path.join(log, "_last_checkpoint"), "w", encoding="utf-8") as file:
        file.write(compact(hint))


def write_sidecar(log, table, k):
    name = f"{fixed_uuid(table, k)}.parquet"
    folder = os.path.join(log, "_sidecars")
    os.makedirs(folder, exist_ok=True)
    write_parquet(folder, name, table, [], part(table, k))
    size = os.path.getsize(os.path.join(folder, name))
    return {"path": name, "sizeInBytes": size, "modificationTime": FIRST_COMMIT_MS}


def write_top_level(log, stem, table, sidecars):
    """What names the sidecars."""
    about = {"checkpointMetadata": {"version": FIRST_VERSION}}
    if table.form == "v2-parquet":
        head = [about, {"protocol": protocol(table)}, {"metaData": checkpoint_metadata(table)}]
        write_parquet(log, f"{stem}.parquet", table, head + sidecars, range(0))
        return
    head = [about, {"protocol": protocol(table)}, {"metaData": metadata(table)}]
    with open(os.path.join(log, f"{stem}.json"), "w", encoding="utf-8") as file:
        file.writelines(compact(action) + "\n" for action in head + sidecars)


def write_parquet(folder, name, table, head, files):
    """Rows for the actions of `head` and then for `files`, in row groups of FILES_PER_PART."""
    schema = checkpoint_schema(table)
    with pq.ParquetWriter(os.path.join(folder, name), schema) as writer:
        if head:
            writer.write_table(pa.Table.from_pylist(head, schema))
        for begin in range(files.start, files.stop, FILES_PER_PART):
            group = range(begin, min(begin + FILES_PER_PART, files.stop))
            adds = [{"add": checkpoint_add(table, i)} for i in group]
            writer.write_table(pa.Table.from_pylist(adds, schema))


def part(table, k):
    return range(k * FILES_PER_PART, min((k + 1) * FILES_PER_PART, table.files))


def fixed_uuid(table, what):
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{table.name}/{what}")


# Arrow takes a map as a list of pairs.
def checkpoint_metadata(table):
    return metadata(table) | {
        "format": {"provider": "parquet", "options": []},
        "configuration": [],
    }


def checkpoint_add(table, i):
    add = add_action(table, i)
    add |= {"dataChange": False, "partitionValues": list(add["partitionValues"].items())}
    if table.stats == "parsed":
        del add["stats"]
        add["stats_parsed"] = statistics(i)
    return add


def checkpoint_schema(table):
    versions = [("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())]
    features = [(f"{kind}Features", pa.list_(pa.string())) for kind in ("reader", "writer")]
    file_format = pa.struct([("provider", pa.string()), ("options", TEXT_MAP)])
    head = [
        ("id", pa.string()),
        ("name", pa.string()),
        ("format", file_format),
        ("schemaString", pa.string()),
        ("partitionColumns", pa.list_(pa.string())),
        ("configuration", TEXT_MAP),
        ("createdTime", pa.int64()),
    ]
    columns = [
        ("protocol", pa.struct(versions + features if table.is_v2 else versions)),
        ("metaData", pa.struct(head)),
        ("add", add_type(table)),
        ("remove", pa.struct([("path", pa.string()), ("deletionTimestamp", pa.int64())])),
    ]
    if table.is_v2:
        sidecar = [("path", pa.string()), ("sizeInBytes", pa.int64())]
        sidecar.append(("modificationTime", pa.int64()))
        columns.append(("checkpointMetadata", pa.struct([("version", pa.int64())])))
        columns.append(("sidecar", pa.struct(sidecar)))
    return pa.schema(columns)


def add_type(table):
    add = [
        ("path", pa.string()),
        ("partitionValues", TEXT_MAP),
        ("size", pa.int64()),
        ("modificationTime", pa.int64()),
        ("dataChange", pa.bool_()),
        ("stats", pa.string()),
    ]
    if table.stats == "parsed":
        typed = pa.struct([(name, ARROW_TYPES[kind]) for name, kind in COLUMNS])
        counts = pa.struct([(name, pa.int64()) for name, _ in COLUMNS])
        parsed = [("numRecords", pa.int64()), ("minValues", typed), ("maxValues", typed)]
        add.append(("stats_parsed", pa.struct([*parsed, ("nullCount", counts)])))
    return pa.struct(add)


def write_commits(log, table):
    """The same files as write_checkpoint, in commits."""
    write_commit(log, 0, [{"protocol": protocol(table)}, {"metaData": metadata(table)}])
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
    (write_commits if table.form == "commits" else write_checkpoint)(log, table)
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
    table = Table(files=1, stats="none")
    add = add_action(table, 0) | {"path": "data.parquet", "size": size_bytes}
    actions = [{"protocol": protocol(table)}, {"metaData": metadata(table)}, {"add": add}]
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
    parser.add_argument("--form", choices=FORMS, default="classic")
    parser.add_argument("--stats", choices=STATS, default="text")
    options = parser.parse_args()
    if not 1 <= options.files <= MAX_FILES:
        parser.error(f"--files: 1 to {MAX_FILES}")
    table = Table(options.files, options.tail, options.form, options.stats)
    print(make(table, options.out))


if __name__ == "__main__":
    main()
