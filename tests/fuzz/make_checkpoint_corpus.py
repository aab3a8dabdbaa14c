#!/usr/bin/env python3
"""Writes the seeds of checkpoint_fuzz: tiny checkpoints, one for each thing that the reader knows.

Needs pyarrow. Run it from anywhere; the files are committed.
"""

import os

import pyarrow
import pyarrow.parquet

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "checkpoint")

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
    ("offset", pyarrow.int32())])


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


def main():
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
          [add("a", deletionVector={"storageType": "u", "pathOrInlineDv": "v", "offset": 1},
               tags=[("k", "v")])], **plain)
    write("delta_encodings", [], [add("a"), add("b")], compression="none", use_dictionary=False,
          column_encoding={"add.path": "DELTA_BYTE_ARRAY", "add.size": "DELTA_BINARY_PACKED"})
    write("row_groups", [], [add(str(i)) for i in range(4)], row_group_size=2, **plain)


if __name__ == "__main__":
    main()
