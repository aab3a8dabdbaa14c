#!/usr/bin/env python3
"""Makes the project's own small Delta tables, tests/data/tables/NAME/delta, and
tests/data/expected.json.

    pip install pyarrow==23.0.1
    tests/data/make_tables.py

The layout is that of a larger collection which the acceptance suite prefers where it is present;
what `expected.json` holds is described in README.md beside this file. Two runs give the same bytes.
"""

import datetime
import decimal
import json
import os
import shutil

import history_tables
from delta_writer import Table, bitmap_of_row, z85
from samples import HERE, ID_AND_NAME, ROOT, people, with_features

UTC = datetime.timezone.utc


def simple():
    t = Table(ROOT, "simple", ID_AND_NAME)
    t.create(t.add(people(0, 3)))
    return t.commit(t.add(people(3, 2)), t.add(people(5, 1))).expected()


def empty():
    return Table(ROOT, "empty", ID_AND_NAME).create().expected()


def removes():
    """A file is removed, another is removed and added again, a third is overwritten by a new
    add."""
    t = Table(ROOT, "removes", ID_AND_NAME)
    first, second, third = (t.add(people(i * 10, 2)) for i in range(3))
    t.create(first, second, third)
    t.commit(t.remove(first["add"]["path"]), t.remove(second["add"]["path"]))
    t.commit(second)
    return t.commit({"add": dict(third["add"], modificationTime=t.time_ms(3))}).expected()


def checkpoint_classic():
    """A checkpoint at version 4, two commits after it, and none of the commits before it."""
    t = Table(ROOT, "checkpoint-classic", ID_AND_NAME)
    t.create(t.add(people(0, 2)))
    for i in range(1, 5):
        t.commit(t.add(people(i * 10, 2)))
    t.checkpoint()
    t.remove_log(*[f"{v:020d}.json" for v in range(4)])
    t.commit(t.remove("part-00001.parquet"), t.add(people(90, 1)))
    return t.commit(t.add(people(95, 1))).expected()


def checkpoint_multipart():
    t = Table(ROOT, "checkpoint-multipart", ID_AND_NAME)
    t.create(*[t.add(people(i * 10, 2)) for i in range(7)])
    t.checkpoint(parts=3)
    t.remove_log("00000000000000000000.json")
    return t.commit(t.add(people(100, 2))).expected()


STATS_COLUMNS = [
    ("id", "long"),
    ("price", "decimal(10,2)"),
    ("day", "date"),
    ("at", "timestamp"),
    ("label", "string"),
    ("ratio", "double"),
    ("flag", "boolean"),
    ("region", "string"),
]


def stats_rows(first, count, region):
    return [
        {
            "id": i,
            "price": decimal.Decimal(i * 125).scaleb(-2),
            "day": datetime.date(2026, 1, 1) + datetime.timedelta(days=i),
            "at": datetime.datetime(2026, 1, 1, 12, tzinfo=UTC)
            + datetime.timedelta(hours=i, milliseconds=5),
            "label": None if i % 3 == 0 else f"l{i}",
            "ratio": i / 4,
            "flag": i % 2 == 0,
            "region": region,
        }
        for i in range(first, first + count)
    ]


def checkpoint_stats_parsed():
    """The checkpoint has statistics as typed columns only; the commit after it as text."""
    t = Table(
        ROOT,
        "checkpoint-stats-parsed",
        STATS_COLUMNS,
        partition_by=["region"],
        configuration={
            "delta.checkpoint.writeStatsAsJson": "false",
            "delta.checkpoint.writeStatsAsStruct": "true",
        },
    )
    t.create(*[t.add(stats_rows(i * 10, 4, r)) for i, r in enumerate(["north", "south", None])])
    t.checkpoint(stats_as_json=False, stats_as_struct=True)
    t.remove_log("00000000000000000000.json")
    return t.commit(t.add(stats_rows(50, 3, "south"))).expected()


def last_checkpoint_wrong():
    """The hint names a checkpoint that does not exist: it is only a hint."""
    t = Table(ROOT, "last-checkpoint-wrong", ID_AND_NAME)
    t.create(t.add(people(0, 2)))
    t.commit(t.add(people(2, 2)))
    t.write_log("_last_checkpoint", '{"version":7,"size":9}')
    return t.expected()


def no_stats():
    t = Table(ROOT, "no-stats", ID_AND_NAME)
    return t.create(t.add(people(0, 2), stats=False), t.add(people(2, 2))).expected()


def partition_special():
    """Partition values that folder names and URLs must escape."""
    t = Table(ROOT, "partition-special", [("id", "long"), ("tag", "string")], partition_by=["tag"])
    tags = [
        "plain",
        "a b",
        "100%",
        "a/b",
        "a+b",
        "a=b",
        "é ü",
        "q?x#y",
        "%41",
        "a&b",
        "..",
        "back\\slash",
    ]
    return t.create(*[t.add([{"id": i, "tag": tag}]) for i, tag in enumerate(tags)]).expected()


def partition_null():
    t = Table(
        ROOT,
        "partition-null",
        [("id", "long"), ("tag", "string"), ("day", "date")],
        partition_by=["tag", "day"],
    )
    day = datetime.date(2026, 5, 1)
    values = [("x", day), (None, day), ("x", None), (None, None)]
    return t.create(
        *[t.add([{"id": i, "tag": tag, "day": d}]) for i, (tag, d) in enumerate(values)]
    ).expected()


def partition_types():
    columns = [
        ("id", "long"),
        ("p_bool", "boolean"),
        ("p_int", "integer"),
        ("p_date", "date"),
        ("p_time", "timestamp"),
        ("p_dec", "decimal(8,3)"),
        ("p_double", "double"),
    ]
    t = Table(ROOT, "partition-types", columns, partition_by=[n for n, _ in columns[1:]])
    rows = [
        {
            "id": i,
            "p_bool": i % 2 == 0,
            "p_int": -i,
            "p_date": datetime.date(2026, 1, i + 1),
            "p_time": datetime.datetime(2026, 1, i + 1, 10, 30, tzinfo=UTC),
            "p_dec": decimal.Decimal(i * 1001).scaleb(-3),
            "p_double": i + 0.5,
        }
        for i in range(3)
    ]
    return t.create(
        *[t.add([row], name=f"part-{row['id']:05d}.parquet") for row in rows]
    ).expected()


def line_separators():
    """Text with the characters that some clients take for line ends, in values, names and
    statistics."""
    t = Table(
        ROOT,
        "line-separators",
        [("id", "long"), ("tag", "string"), ("text", "string")],
        partition_by=["tag"],
    )
    return t.create(
        *[
            t.add([{"id": i, "tag": f"a{c}b", "text": f"x{c}y"}], name=f"tag=t{i}/f.parquet")
            for i, c in enumerate('\u2028\u2029\u0085\t"')
        ]
    ).expected()


def types():
    columns = [
        ("c_long", "long"),
        ("c_int", "integer"),
        ("c_short", "short"),
        ("c_byte", "byte"),
        ("c_float", "float"),
        ("c_double", "double"),
        ("c_bool", "boolean"),
        ("c_string", "string"),
        ("c_binary", "binary"),
        ("c_date", "date"),
        ("c_time", "timestamp"),
        ("c_decimal", "decimal(38,10)"),
        ("c_list", {"type": "array", "elementType": "integer", "containsNull": True}),
        (
            "c_map",
            {"type": "map", "keyType": "string", "valueType": "long", "valueContainsNull": True},
        ),
        (
            "c_struct",
            {
                "type": "struct",
                "fields": [
                    {"name": "a", "type": "integer", "nullable": True, "metadata": {}},
                    {"name": "b", "type": "string", "nullable": True, "metadata": {}},
                ],
            },
        ),
    ]
    t = Table(ROOT, "types", columns)
    row = {
        "c_long": 2**53 - 1,
        "c_int": -(2**31),
        "c_short": 2**15 - 1,
        "c_byte": -128,
        "c_float": 1.5,
        "c_double": -2.25,
        "c_bool": True,
        "c_string": "tab\there, é, 漢字",
        "c_binary": b"\x00\xff",
        "c_date": datetime.date(1969, 12, 31),
        "c_time": datetime.datetime(2026, 2, 28, 23, 59, 59, 999000, tzinfo=UTC),
        "c_decimal": decimal.Decimal("1234567890.0123456789"),
        "c_list": [1, None, 3],
        "c_map": [("k", 1), ("l", None)],
        "c_struct": {"a": 7, "b": None},
    }
    return t.create(t.add([row, {}, dict(row, c_long=0, c_string="")])).expected()


def schema_comment():
    """Field metadata that the parquet format reduces to `comment`; columns added later."""
    columns = [("id", "long", {"comment": "the key", "secret": "kept back"}), ("name", "string")]
    t = Table(ROOT, "schema-comment", columns[:1], configuration={"delta.appendOnly": "true"})
    t.create(t.add([{"id": 1}]))
    t.columns = columns
    return t.commit(t.metadata(), t.add([{"id": 2, "name": "two"}])).expected()


def absolute_inside():
    """Absolute paths, plain and file://, that point into the table's own folder."""
    t = Table(ROOT, "absolute-inside", ID_AND_NAME)
    plain = t.add(people(0, 2), name="a.parquet", path="{{TABLE_DIR}}/delta/a.parquet")
    url = t.add(people(2, 2), name="b.parquet", path="file://{{TABLE_DIR}}/delta/b.parquet")
    return t.create(plain, url).expected()


def absolute_outside():
    """An absolute path to a file beside the table: refused unless the owner allows that folder."""
    t = Table(ROOT, "absolute-outside", ID_AND_NAME)
    beside = os.path.join(ROOT, "absolute-outside", "elsewhere")
    return t.create(
        t.add(people(0, 2)),
        t.add(
            people(2, 2),
            name="b.parquet",
            folder=beside,
            path="file://{{TABLE_DIR}}/elsewhere/b.parquet",
        ),
    ).expected(needs_allowed_root=True)


def dotdot_path():
    """A relative path that climbs out of the table: never served."""
    t = Table(ROOT, "dotdot-path", ID_AND_NAME)
    beside = os.path.join(ROOT, "dotdot-path", "elsewhere")
    t.create(t.add(people(0, 2), name="b.parquet", folder=beside, path="../elsewhere/b.parquet"))
    return refused("path")


def missing_file():
    t = Table(ROOT, "missing-file", ID_AND_NAME)
    t.create(t.add(people(0, 2)), t.add(people(2, 2), write=False))
    return t.expected(outcome="snapshot-only", rows=None, rows_sha256=None)


def refused(because):
    return {"outcome": "refuse", "because": because}


def corrupt_commit():
    t = Table(ROOT, "corrupt-commit", ID_AND_NAME)
    t.create(t.add(people(0, 2)))
    t.write_log(
        "00000000000000000001.json",
        '{"commitInfo":{"timestamp":1,"operation":"WRITE"}}\n{"add":{"path":"part-1.parquet","par',
    )
    return refused("commit")


def truncated_checkpoint():
    t = Table(ROOT, "truncated-checkpoint", ID_AND_NAME)
    t.create(t.add(people(0, 2))).checkpoint()
    name = os.path.join(t.path, "_delta_log", "00000000000000000000.checkpoint.parquet")
    os.truncate(name, os.path.getsize(name) // 2)
    t.remove_log("00000000000000000000.json")
    t.commit(t.add(people(2, 2)))
    return refused("checkpoint")


def log_gap():
    t = Table(ROOT, "log-gap", ID_AND_NAME)
    t.create(t.add(people(0, 2)))
    t.commit(t.add(people(2, 2)))
    t.commit(t.add(people(4, 2)), skip_versions=1)
    return refused("gap")


def no_protocol():
    t = Table(ROOT, "no-protocol", ID_AND_NAME)
    t.commit(t.metadata(), t.add(people(0, 2)))
    return refused("protocol")


def no_metadata():
    t = Table(ROOT, "no-metadata", ID_AND_NAME)
    t.commit({"protocol": t.protocol}, t.add(people(0, 2)))
    return refused("metadata")


def unknown_reader_feature():
    t = with_features("unknown-reader-feature", "timeMachine")
    return t.create(t.add(people(0, 2))).expected()


def future_reader_version():
    t = Table(
        ROOT,
        "future-reader-version",
        ID_AND_NAME,
        protocol={"minReaderVersion": 9, "minWriterVersion": 9},
    )
    return t.create(t.add(people(0, 2))).expected()


def deletion_vector():
    """An inline vector deletes row 1 of 3."""
    t = with_features(
        "deletion-vector", "deletionVectors", configuration={"delta.enableDeletionVectors": "true"}
    )
    bitmaps = bitmap_of_row(1)
    add = t.add(people(0, 3))
    add["add"]["deletionVector"] = {
        "storageType": "i",
        "pathOrInlineDv": z85(bitmaps),
        "sizeInBytes": len(bitmaps),
        "cardinality": 1,
    }
    t.create(add)
    path = add["add"]["path"]
    t.rows_by_path[path] = [r for r in t.rows_by_path[path] if r["id"] != 1]
    return t.expected()


def column_mapping():
    """Mapping by name: in the file the column is called col-1."""
    metadata = {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "col-1"}
    t = Table(
        ROOT,
        "column-mapping",
        [("col-1", "long")],
        configuration={"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "1"},
        protocol={"minReaderVersion": 2, "minWriterVersion": 5},
    )
    add = t.add([{"col-1": 5}])
    t.columns = [("id", "long", metadata)]
    t.rows_by_path[add["add"]["path"]] = [{"id": 5}]
    return t.create(add).expected()


TABLES = [
    simple,
    empty,
    removes,
    checkpoint_classic,
    checkpoint_multipart,
    checkpoint_stats_parsed,
    last_checkpoint_wrong,
    no_stats,
    partition_special,
    partition_null,
    partition_types,
    line_separators,
    types,
    schema_comment,
    absolute_inside,
    absolute_outside,
    dotdot_path,
    missing_file,
    corrupt_commit,
    truncated_checkpoint,
    log_gap,
    no_protocol,
    no_metadata,
    unknown_reader_feature,
    future_reader_version,
    deletion_vector,
    column_mapping,
    *history_tables.TABLES,
]


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    expected = {make.__name__.replace("_", "-"): make() for make in TABLES}
    with open(os.path.join(HERE, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1, ensure_ascii=True, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
