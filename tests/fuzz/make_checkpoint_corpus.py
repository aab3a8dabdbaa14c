#!/usr/bin/env python3
"""Writes the seeds of checkpoint_fuzz and v2_checkpoint_fuzz: tiny checkpoints, one for each thing
that the reader knows.

Needs pyarrow. Run it from anywhere; the files are committed.
"""

import json
import os

import pyarrow
import pyarrow.parquet

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
OUT = os.path.join(CORPUS, "checkpoint")
V2_OUT = os.path.join(CORPUS, "v2_checkpoint")

TEXTS = pyarrow.map_(pyarrow.string(), pyarrow.string())
PROTOCOL = pyarrow.struct([
    ("minReaderVersion", pyarrow.int32()), ("minWriterVersion", pyarrow.int32()),
    ("readerFeatures", pyarrow.list_(pyarrow.string())),
])
METADATA = pyarrow.struct([
    ("id", pyarrow.string()), ("schemaString", pyarrow.string()),
    ("format", pyarrow.struct([("provider", pyarrow.string()), ("options", TEXTS)])),
    ("partitionColumns", pyarrow.list_(pyarrow.string())), ("configuration", TEXTS),
    ("createdTime", pyarrow.int64()),
])
SCHEMA = ('{"type":"struct","fields":[{"name":"id","type":"long"},{"name":"p","type":"date"},'
          '{"name":"at","type":"timestamp"}]}')
ADD = [("path", pyarrow.string()), ("partitionValues", TEXTS), ("size", pyarrow.int64()),
       ("modificationTime", pyarrow.int64()), ("dataChange", pyarrow.bool_())]
VALUES = pyarrow.struct([
    ("id", pyarrow.int32()), ("x", pyarrow.float32()), ("d", pyarrow.decimal128(10, 2)),
    ("day", pyarrow.date32()), ("at", pyarrow.timestamp("us", tz="UTC")), ("b", pyarrow.binary()),
])
STATS_PARSED = pyarrow.struct([
    ("numRecords", pyarrow.int64()), ("minValues", VALUES), ("maxValues", VALUES)])
VECTOR = pyarrow.struct([
    ("storageType", pyarrow.string()), ("pathOrInlineDv", pyarrow.string()),
    ("offset", pyarrow.int32()), ("sizeInBytes", pyarrow.int32()),
    ("cardinality", pyarrow.int64())])


def write(name, more, adds, **options):
    """A checkpoint of a protocol, a metadata and `adds`, whose `add` also has the fields `more`."""
    head = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": {"id": "m", "schemaString": SCHEMA, "partitionColumns": ["p"],
                          "format": {"provider": "parquet", "options": []},
                          "configuration": [("delta.appendOnly", "true")], "createdTime": 1}}]
    schema = pyarrow.schema([("protocol", PROTOCOL), ("metaData", METADATA),
                             ("add", pyarrow.struct(ADD + more))])
    rows = head + [{"add": add} for add in adds]
    table = pyarrow.Table.from_pylist(rows, schema=schema)
    pyarrow.parquet.write_table(table, os.path.join(OUT, name + ".parquet"),
                                store_schema=False, write_page_checksum=False, **options)


def add(path, **more):
    return {"path": path, "partitionValues": [("p", "2024-01-01")], "size": 10,
            "modificationTime": 1, "dataChange": True, **more}


def sidecar_bytes(*paths):
    table = pyarrow.Table.from_pylist([{"add": add(path)} for path in paths],
                                      schema=pyarrow.schema([("add", pyarrow.struct(ADD))]))
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, store_schema=False, compression="none",
                                use_dictionary=False)
    return sink.getvalue().to_pybytes()


def write_v2(name, actions, sidecar=b""):
    """A V2 checkpoint in JSON and, behind a record separator, its sidecar."""
    head = [{"checkpointMetadata": {"version": 1}},
            {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7,
                          "readerFeatures": ["v2Checkpoint"], "writerFeatures": ["v2Checkpoint"]}},
            {"metaData": {"id": "m", "format": {"provider": "parquet", "options": {}},
                          "schemaString": SCHEMA, "partitionColumns": ["p"], "configuration": {}}}]
    lines = "".join(json.dumps(action) + "\n" for action in head + actions)
    with open(os.path.join(V2_OUT, name), "wb") as file:
        file.write(lines.encode() + b"\x1e" + sidecar)


def sidecar_action(path):
    return {"sidecar": {"path": path, "sizeInBytes": 1, "modificationTime": 1}}


def write_v2_seeds():
    os.makedirs(V2_OUT, exist_ok=True)
    file = {"path": "a", "partitionValues": {"p": "2024-01-01"}, "size": 1, "dataChange": True}
    write_v2("no_files", [])
    write_v2("files_inside", [{"add": file}, {"remove": {"path": "b"}}])
    write_v2("sidecar", [sidecar_action("1.parquet")], sidecar_bytes("a", "b"))
    write_v2("sidecar_by_uri", [sidecar_action("file:///t/_delta_log/_sidecars/%31.parquet"),
                                sidecar_action("1.parquet")], sidecar_bytes("a"))
    write_v2("sidecar_outside", [sidecar_action("../1.parquet")], sidecar_bytes("a"))
    write_v2("sidecar_missing", [sidecar_action("2.parquet")], sidecar_bytes("a"))
    write_v2("sidecar_damaged", [sidecar_action("1.parquet")], sidecar_bytes("a")[3:])


def main():
    write_v2_seeds()
    os.makedirs(OUT, exist_ok=True)
    plain = {"compression": "none", "use_dictionary": False}
    write("plain", [], [add("a"), add("b")], **plain)
    write("no_files", [], [], **plain)
    write("dictionary_snappy", [], [add("a"), add("a"), add("b")], compression="snappy")
    write("zstd_v2_pages", [], [add("a")], compression="zstd", data_page_version="2.0")
    write("stats_text", [("stats", pyarrow.string())],
          [add("a", stats='{"numRecords":1,"minValues":{"id":1}}')], **plain)
    values = {"id": -1, "x": 0.5, "day": 0, "b": b"x"}
    write("stats_parsed", [("stats_parsed", STATS_PARSED)],
          [add("a", stats_parsed={"numRecords": 1, "minValues": values, "maxValues": values})],
          **plain)
    write("int96", [("stats_parsed", STATS_PARSED)],
          [add("a", stats_parsed={"numRecords": 1, "minValues": {"at": -1}})],
          use_deprecated_int96_timestamps=True, **plain)
    write("deletion_vector", [("deletionVector", VECTOR), ("tags", TEXTS)],
          [add("a", deletionVector={"storageType": "u", "pathOrInlineDv": "v", "offset": 1,
                                    "sizeInBytes": 2, "cardinality": 3},
               tags=[("k", "v")])], **plain)
    write("delta_encodings", [], [add("a"), add("b")], compression="none", use_dictionary=False,
          column_encoding={"add.path": "DELTA_BYTE_ARRAY", "add.size": "DELTA_BINARY_PACKED"})
    write("row_groups", [], [add(str(i)) for i in range(4)], row_group_size=2, **plain)


if __name__ == "__main__":
    main()
