"""A small writer of Delta tables for tests: it writes exactly what it is told, also what a real
writer would refuse. All times, ids and names are fixed, so two runs give the same bytes."""

import base64
import datetime
import decimal
import json
import os
import sys
import uuid
import zlib
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import rows as row_text  # noqa: E402

FIRST_COMMIT_MS = 1_772_438_400_000  # 2026-03-02 08:00 UTC
ARROW_TYPES = {
    "string": pa.string(),
    "long": pa.int64(),
    "integer": pa.int32(),
    "short": pa.int16(),
    "byte": pa.int8(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
WITHOUT_BOUNDS = ("binary", "boolean")  # Spark keeps no minimum and maximum of these


def arrow_type(delta_type):
    if isinstance(delta_type, str):
        scale = row_text.DECIMAL.fullmatch(delta_type)
        return pa.decimal128(int(scale[1]), int(scale[2])) if scale else ARROW_TYPES[delta_type]
    if delta_type["type"] == "array":
        return pa.list_(arrow_type(delta_type["elementType"]))
    if delta_type["type"] == "map":
        return pa.map_(arrow_type(delta_type["keyType"]), arrow_type(delta_type["valueType"]))
    return pa.struct([(f["name"], arrow_type(f["type"])) for f in delta_type["fields"]])


def schema_string(columns):
    fields = [
        {"name": n, "type": t, "nullable": True, "metadata": m[0] if m else {}}
        for n, t, *m in columns
    ]
    return json.dumps({"type": "struct", "fields": fields}, separators=(",", ":"))


def json_bound(value):
    """A minimum or maximum as Spark writes it into `stats`."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return float(value) if isinstance(value, decimal.Decimal) else value


def partition_text(value):
    """A partition value as the log keeps it: always text, or null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


class Table:
    """One table below `root`/NAME/delta, and what a reader must find in it."""

    def __init__(self, root, name, columns, partition_by=(), configuration=None, protocol=None):
        self.name, self.columns, self.partition_by = name, columns, list(partition_by)
        self.path = os.path.join(root, name, "delta")
        self.configuration = configuration or {}
        self.protocol = protocol or {"minReaderVersion": 1, "minWriterVersion": 2}
        self.table_id = str(uuid.uuid5(uuid.NAMESPACE_URL, "sluice:tests/" + name))
        self.version, self.live, self.rows_by_path = -1, {}, {}
        self.times_ms = {}  # of versions committed at another time than a minute after the last
        os.makedirs(os.path.join(self.path, "_delta_log"))

    @property
    def schema(self):
        return schema_string(self.columns)

    def metadata(self):
        return {
            "metaData": {
                "id": self.table_id,
                "name": self.name,
                "format": {"provider": "parquet", "options": {}},
                "schemaString": self.schema,
                "partitionColumns": self.partition_by,
                "configuration": self.configuration,
                "createdTime": FIRST_COMMIT_MS,
            }
        }

    def time_ms(self, version):
        return self.times_ms.get(version, FIRST_COMMIT_MS + version * 60_000)

    def stored_name(self, column):
        """What a column is called in data files and partition values."""
        metadata = next((m[0] for n, _, *m in self.columns if n == column and m), {})
        return metadata.get("delta.columnMapping.physicalName", column)

    def create(self, *actions):
        return self.commit({"protocol": self.protocol}, self.metadata(), *actions)

    def commit(self, *actions, skip_versions=0, **info):
        """Writes the next commit. `skip_versions` leaves a hole in the log before it; `info` is
        what its commitInfo says besides."""
        self.version += 1 + skip_versions
        said = {
            "timestamp": self.time_ms(self.version),
            "operation": "WRITE",
            "engineInfo": "sluice tests",
        }
        info = {"commitInfo": said | info}
        lines = [json.dumps(a, ensure_ascii=False, separators=(",", ":")) for a in (info, *actions)]
        self.write_log(f"{self.version:020d}.json", "\n".join(lines) + "\n")
        for action in actions:
            kind, body = next(iter(action.items()))
            if kind == "add":
                self.live[body["path"]] = body
            elif kind == "remove":
                self.live.pop(body["path"], None)
        return self

    def write_log(self, name, content):
        data = content if isinstance(content, bytes) else content.encode()
        with open(os.path.join(self.path, "_delta_log", name), "wb") as file:
            file.write(data)

    def remove_log(self, *names):
        for name in names:
            os.remove(os.path.join(self.path, "_delta_log", name))

    def add(self, rows, name=None, path=None, folder=None, stats=True, write=True):
        """An add action of a new data file. `path` is its spelling in the log, where that
        differs."""
        partition = {c: rows[0].get(c) for c in self.partition_by} if rows else {}
        name = name or f"part-{len(self.rows_by_path):05d}.parquet"
        if self.partition_by and "/" not in name:
            name = (
                "/".join(f"{c}={hive_escape(partition[c])}" for c in self.partition_by) + "/" + name
            )
        full = os.path.join(folder or self.path, name)
        self.write_parquet(full, rows)
        body = {
            "path": path or quote(name, safe="/=-._~"),
            "partitionValues": {
                self.stored_name(c): partition_text(v) for c, v in partition.items()
            },
            "size": os.path.getsize(full),
            "modificationTime": self.time_ms(self.version + 1),
            "dataChange": True,
        }
        if stats:
            body["stats"] = json.dumps(
                self.stats_of(rows), ensure_ascii=False, separators=(",", ":")
            )
        if not write:
            os.remove(full)
        self.rows_by_path[body["path"]] = rows
        return {"add": body}

    def write_parquet(self, full, rows, more_columns=()):
        os.makedirs(os.path.dirname(full), exist_ok=True)
        columns = [c for c in (*self.columns, *more_columns) if c[0] not in self.partition_by]
        arrow = pa.Table.from_pylist(
            [{self.stored_name(n): r.get(n) for n, *_ in columns} for r in rows],
            schema=pa.schema([(self.stored_name(n), arrow_type(t)) for n, t, *_ in columns]),
        )
        pq.write_table(arrow, full, compression="snappy")

    def remove(self, path):
        body = self.live[path]
        vector = {k: body[k] for k in ("deletionVector",) if k in body}
        return {
            "remove": {
                "path": path,
                "deletionTimestamp": self.time_ms(self.version + 1),
                "dataChange": True,
                "extendedFileMetadata": True,
                "partitionValues": body["partitionValues"],
                "size": body["size"],
                **vector,
            }
        }

    def change_data(self, rows, name):
        """A cdc action of a new file with changed rows, which hold their `_change_type`."""
        partition = {c: rows[0].get(c) for c in self.partition_by}
        path = "_change_data/" + name
        full = os.path.join(self.path, path)
        self.write_parquet(full, rows, more_columns=[("_change_type", "string")])
        return {
            "cdc": {
                "path": path,
                "partitionValues": {
                    self.stored_name(c): partition_text(v) for c, v in partition.items()
                },
                "size": os.path.getsize(full),
                "dataChange": False,
            }
        }

    def stats_of(self, rows):
        stats = {"numRecords": len(rows), "minValues": {}, "maxValues": {}, "nullCount": {}}
        for name, kind, *_ in self.columns:
            if name in self.partition_by or isinstance(kind, dict):
                continue
            values = [r[name] for r in rows if r.get(name) is not None]
            stored = self.stored_name(name)
            stats["nullCount"][stored] = len(rows) - len(values)
            if values and kind not in WITHOUT_BOUNDS:
                stats["minValues"][stored] = json_bound(min(values))
                stats["maxValues"][stored] = json_bound(max(values))
        return stats

    def expected(self, **more):
        """What a reader finds at the latest version, in the layout of the shared test tables."""
        files = sorted(self.live.values(), key=lambda f: f["path"].encode())
        deleted = {f["path"]: f.get("deletionVector", {}).get("cardinality", "") for f in files}
        rows = [row for f in files for row in self.rows_by_path[f["path"]]]
        lines = row_text.lines_of_rows(rows, self.schema)
        return {
            "outcome": "ok",
            "protocol": self.protocol,
            "schema": self.schema,
            "partition_columns": self.partition_by,
            "configuration": self.configuration,
            "table_id": self.table_id,
            "latest_version": self.version,
            "num_files": len(files),
            "size_in_bytes": sum(f["size"] for f in files),
            "files": [{k: f[k] for k in ("path", "size", "partitionValues")} for f in files],
            "files_sha256": row_text.hash_of_files(
                [f | {"cardinality": deleted[f["path"]]} for f in files]
            ),
            "rows": len(rows),
            "rows_sha256": row_text.hash_of_lines(lines),
            "column_stats": self.column_stats(rows),
            "hash_skips": [],
            **more,
        }

    def column_stats(self, rows):
        return {
            n: {
                "nulls": sum(r.get(n) is None for r in rows),
                "nan": sum(isinstance(r.get(n), float) and r[n] != r[n] for r in rows),
            }
            for n, *_ in self.columns
        }

    def checkpoint(self, parts=1, stats_as_json=True, stats_as_struct=False, hint=True):
        """A classic checkpoint of the latest version; with `parts` above 1 in that many files."""
        actions = [{"protocol": self.protocol}, self.metadata()]
        actions += [
            {"add": checkpoint_add(self, f, stats_as_json, stats_as_struct)}
            for f in self.live.values()
        ]
        schema = checkpoint_schema(self, stats_as_struct)
        names = (
            [f"{self.version:020d}.checkpoint.parquet"]
            if parts == 1
            else [
                f"{self.version:020d}.checkpoint.{i + 1:010d}.{parts:010d}.parquet"
                for i in range(parts)
            ]
        )
        for i, name in enumerate(names):
            table = pa.Table.from_pylist(actions[i::parts], schema=schema)
            pq.write_table(table, os.path.join(self.path, "_delta_log", name), compression="snappy")
        if hint:
            last = {"version": self.version, "size": len(actions)} | (
                {"parts": parts} if parts > 1 else {}
            )
            self.write_log("_last_checkpoint", json.dumps(last, separators=(",", ":")))
        return self


    def checkpoint_v2(self):
        """A checkpoint of lines of JSON whose files are in a sidecar."""
        log = os.path.join(self.path, "_delta_log")
        sidecar = f"{fixed_uuid(self.name, 'sidecar')}.parquet"
        os.makedirs(os.path.join(log, "_sidecars"))
        field = checkpoint_schema(self, stats_as_struct=False).field("add")
        adds = [{"add": checkpoint_add(self, f, True, False)} for f in self.live.values()]
        table = pa.Table.from_pylist(adds, schema=pa.schema([field]))
        full = os.path.join(log, "_sidecars", sidecar)
        pq.write_table(table, full, compression="snappy")
        about = {"path": sidecar, "sizeInBytes": os.path.getsize(full)}
        actions = [
            {"checkpointMetadata": {"version": self.version}},
            {"protocol": self.protocol},
            self.metadata(),
            {"sidecar": about | {"modificationTime": self.time_ms(self.version)}},
        ]
        text = "".join(json.dumps(a, separators=(",", ":")) + "\n" for a in actions)
        name = f"{self.version:020d}.checkpoint.{fixed_uuid(self.name, 'checkpoint')}.json"
        self.write_log(name, text)
        return self

    def vector_file(self, *bitmaps):
        """A file of deletion vectors, each a serialized RoaringBitmapArray. Gives their
        descriptors."""
        file_id = fixed_uuid(self.name, "vectors")
        data, found = b"\x01", []
        for bitmap, cardinality in bitmaps:
            found.append(
                {
                    "storageType": "u",
                    "pathOrInlineDv": z85(file_id.bytes),
                    "offset": len(data),
                    "sizeInBytes": len(bitmap),
                    "cardinality": cardinality,
                }
            )
            data += len(bitmap).to_bytes(4, "big") + bitmap + zlib.crc32(bitmap).to_bytes(4, "big")
        with open(os.path.join(self.path, f"deletion_vector_{file_id}.bin"), "wb") as file:
            file.write(data)
        return found


def fixed_uuid(table, what):
    return uuid.uuid5(uuid.NAMESPACE_URL, f"sluice:tests/{table}/{what}")


def bitmap_of_row(row):
    """A RoaringBitmapArray of one 32-bit container with one value below 65536."""
    portable = bytes.fromhex("3a300000" "01000000" "0000" "0000" "10000000")
    portable += row.to_bytes(2, "little")
    data = (1681511377).to_bytes(4, "little") + (1).to_bytes(8, "little") + bytes(4) + portable
    return data + bytes(-len(data) % 4)


def hive_escape(value):
    """A partition value in a folder name, as Hive and Spark escape it; the log then percent-encodes
    it."""
    if value is None or value == "":
        return "__HIVE_DEFAULT_PARTITION__"
    unsafe = "\"#%'*/:=?\\\x7f{[]^"
    return "".join(
        f"%{ord(c):02X}" if c in unsafe or ord(c) < 0x20 else c for c in partition_text(value)
    )


def checkpoint_add(table, body, stats_as_json, stats_as_struct):
    add = dict(body, dataChange=False, partitionValues=list(body["partitionValues"].items()))
    if stats_as_struct:
        add["stats_parsed"] = parsed_stats(table, table.rows_by_path[body["path"]])
    if not stats_as_json:
        add.pop("stats", None)
    return add


def parsed_stats(table, rows):
    """Statistics with typed bounds, as a checkpoint with `writeStatsAsStruct` keeps them."""
    stats = table.stats_of(rows)
    for name in stats["minValues"]:
        values = [r[name] for r in rows if r.get(name) is not None]
        stats["minValues"][name], stats["maxValues"][name] = min(values), max(values)
    return stats


def checkpoint_schema(table, stats_as_struct):
    text_map = pa.map_(pa.string(), pa.string())
    add = [
        ("path", pa.string()),
        ("partitionValues", text_map),
        ("size", pa.int64()),
        ("modificationTime", pa.int64()),
        ("dataChange", pa.bool_()),
        ("tags", text_map),
        ("stats", pa.string()),
    ]
    if stats_as_struct:
        typed = [
            (n, t)
            for n, t, *_ in table.columns
            if n not in table.partition_by and not isinstance(t, dict)
        ]
        bounds = pa.struct([(n, arrow_type(t)) for n, t in typed if t not in WITHOUT_BOUNDS])
        counts = pa.struct([(n, pa.int64()) for n, _ in typed])
        add.append(
            (
                "stats_parsed",
                pa.struct(
                    [
                        ("numRecords", pa.int64()),
                        ("minValues", bounds),
                        ("maxValues", bounds),
                        ("nullCount", counts),
                    ]
                ),
            )
        )
    return pa.schema(
        [
            (
                "txn",
                pa.struct(
                    [("appId", pa.string()), ("version", pa.int64()), ("lastUpdated", pa.int64())]
                ),
            ),
            ("add", pa.struct(add)),
            (
                "remove",
                pa.struct(
                    [
                        ("path", pa.string()),
                        ("deletionTimestamp", pa.int64()),
                        ("dataChange", pa.bool_()),
                    ]
                ),
            ),
            (
                "metaData",
                pa.struct(
                    [
                        ("id", pa.string()),
                        ("name", pa.string()),
                        ("description", pa.string()),
                        ("format", pa.struct([("provider", pa.string()), ("options", text_map)])),
                        ("schemaString", pa.string()),
                        ("partitionColumns", pa.list_(pa.string())),
                        ("configuration", text_map),
                        ("createdTime", pa.int64()),
                    ]
                ),
            ),
            (
                "protocol",
                pa.struct(
                    [
                        ("minReaderVersion", pa.int32()),
                        ("minWriterVersion", pa.int32()),
                        ("readerFeatures", pa.list_(pa.string())),
                        ("writerFeatures", pa.list_(pa.string())),
                    ]
                ),
            ),
        ]
    )


def z85(data):
    """Base85 as deletion vectors use it (ZeroMQ RFC 32)."""
    standard = base64.b85encode(data).decode()
    python = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
    zeromq = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    return standard.translate(str.maketrans(python, zeromq))
