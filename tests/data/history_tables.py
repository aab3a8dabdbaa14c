"""The tables whose past matters: time travel, ranges of versions, change data. Commits are a minute
apart, the first on 2026-03-02 at 08:00 UTC, unless a table says otherwise; a test sets the times of
the log's files from `commitInfo.timestamp`, since a checkout does not keep them."""

from delta_writer import FIRST_COMMIT_MS, Table, bitmap_of_row, z85
from samples import ID_AND_NAME, ROOT, people, with_features

FEED = {"delta.enableChangeDataFeed": "true"}
FEED_PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 4}
VECTORS = {"delta.enableDeletionVectors": "true"}


def path_of(add):
    return add["add"]["path"]


def changed(row, kind, **values):
    return {**row, **values, "_change_type": kind}


def renamed(rows, key, name):
    """The rows after an update of one of them, and its two images for the change feed."""
    old = next(r for r in rows if r["id"] == key)
    images = [changed(old, "update_preimage"), changed(old, "update_postimage", name=name)]
    return [r | {"name": name} if r is old else r for r in rows], images


def without_data_change(action):
    body = next(iter(action.values()))
    return {next(iter(action)): body | {"dataChange": False}}


def change_data_feed():
    """One commit of each kind that the feed has a rule for."""
    t = Table(ROOT, "change-data-feed", ID_AND_NAME, configuration=FEED, protocol=FEED_PROTOCOL)
    first, second = t.add(people(0, 3)), t.add(people(10, 2))
    t.create(first, second)
    rows, images = renamed(people(0, 3), 1, "renamed")
    updated = t.add(rows)
    change = t.change_data(images, "cdc-00000.parquet")
    t.commit(t.remove(path_of(first)), updated, change, operation="UPDATE")
    third = t.add(people(20, 2))
    t.commit(third)
    t.commit(t.remove(path_of(second)), operation="DELETE")
    whole = t.add(rows + people(20, 2))
    old = [without_data_change(t.remove(path_of(a))) for a in (updated, third)]
    t.commit(*old, without_data_change(whole), operation="OPTIMIZE")
    same = t.add(rows + people(20, 2))
    zeros = {f"numTargetRows{k}": "0" for k in ("Inserted", "Updated", "Deleted")}
    t.commit(t.remove(path_of(whole)), same, operation="MERGE", operationMetrics=zeros)
    t.columns = [*ID_AND_NAME, ("city", "string")]
    t.commit(t.metadata(), t.add([{"id": 30, "name": "name 30", "city": "Delft"}]))
    return t.commit().expected()


def change_data_feed_switched_off():
    """The feed is off from version 1 until version 2 switches it on again."""
    name = "change-data-feed-switched-off"
    t = Table(ROOT, name, ID_AND_NAME, configuration=FEED, protocol=FEED_PROTOCOL)
    t.create(t.add(people(0, 1)))
    t.configuration = {}
    t.commit(t.metadata(), t.add(people(1, 1)))
    t.configuration = FEED
    t.commit(t.metadata())
    return t.commit(t.add(people(3, 1))).expected()


def protocol_upgrade():
    """Version 1 raises the protocol and switches the change feed on; 2 and 4 append, 3 raises the
    protocol again."""
    t = Table(ROOT, "protocol-upgrade", ID_AND_NAME)
    t.create(t.add(people(0, 1)))
    t.protocol, t.configuration = FEED_PROTOCOL, FEED
    t.commit({"protocol": t.protocol}, t.metadata())
    t.commit(t.add(people(2, 1)))
    t.protocol = {
        "minReaderVersion": 1,
        "minWriterVersion": 7,
        "writerFeatures": ["changeDataFeed"],
    }
    t.commit({"protocol": t.protocol})
    return t.commit(t.add(people(4, 1))).expected()


def in_commit_timestamps():
    """Commits tell their time from version 1 on; the log was copied a day later."""
    t = Table(ROOT, "in-commit-timestamps", ID_AND_NAME)
    told = [t.time_ms(v) for v in range(4)]
    t.times_ms = {v: time + 86_400_000 for v, time in enumerate(told)}
    t.create(t.add(people(0, 1)))
    t.protocol = {
        "minReaderVersion": 1,
        "minWriterVersion": 7,
        "writerFeatures": ["inCommitTimestamp"],
    }
    t.configuration = {
        "delta.enableInCommitTimestamps": "true",
        "delta.inCommitTimestampEnablementVersion": "1",
        "delta.inCommitTimestampEnablementTimestamp": str(told[1]),
    }
    t.commit({"protocol": t.protocol}, t.metadata(), inCommitTimestamp=told[1])
    t.commit(t.add(people(2, 1)), inCommitTimestamp=told[2])
    return t.commit(t.add(people(3, 1)), inCommitTimestamp=told[3]).expected()


def clock_went_back():
    """Version 1 has the time of version 0, version 2 an earlier one."""
    t = Table(ROOT, "clock-went-back", ID_AND_NAME)
    hour_ms = 3_600_000
    t.times_ms = {
        0: FIRST_COMMIT_MS,
        1: FIRST_COMMIT_MS,
        2: FIRST_COMMIT_MS - hour_ms,
        3: FIRST_COMMIT_MS + hour_ms,
    }
    t.create(t.add(people(0, 1)))
    for version in range(1, 4):
        t.commit(t.add(people(version, 1)))
    return t.expected()


def checkpoint_v2():
    """A V2 checkpoint with a sidecar at version 2; the commits before it are gone."""
    t = with_features("checkpoint-v2", "v2Checkpoint", configuration=FEED)
    t.protocol["writerFeatures"] = ["v2Checkpoint", "changeDataFeed"]
    t.create(t.add(people(0, 2)))
    t.commit(t.add(people(2, 2)))
    t.commit(t.add(people(4, 2))).checkpoint_v2()
    t.remove_log(*[f"{v:020d}.json" for v in range(2)])
    t.commit(t.remove("part-00000.parquet"))
    return t.commit(t.add(people(6, 2))).expected()


def deletion_vector_file():
    """Version 1 allows vectors, 2 deletes a row of each of two files by vectors in one file, 3
    appends, 4 removes a file with its vector."""
    t = Table(ROOT, "deletion-vector-file", ID_AND_NAME, configuration=FEED, protocol=FEED_PROTOCOL)
    adds = [t.add(people(0, 3)), t.add(people(10, 3))]
    t.create(*adds)
    t.protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors", "changeDataFeed"],
    }
    t.configuration = FEED | VECTORS
    t.commit({"protocol": t.protocol}, t.metadata())
    vectors = t.vector_file((bitmap_of_row(1), 1), (bitmap_of_row(2), 1))
    removes = [t.remove(path_of(a)) for a in adds]
    again = [{"add": a["add"] | {"deletionVector": v}} for a, v in zip(adds, vectors)]
    t.commit(*removes, *again, operation="DELETE")
    rows = t.rows_by_path[path_of(adds[0])]
    t.rows_by_path[path_of(adds[0])] = [r for r in rows if r["id"] != 1]
    t.commit(t.add(people(20, 2)))
    return t.commit(t.remove(path_of(adds[1])), operation="DELETE").expected()


def deletion_vector_switched_off():
    """The table makes no more vectors, but a file still carries one."""
    off = {"delta.enableDeletionVectors": "false"}
    t = with_features("deletion-vector-switched-off", "deletionVectors", configuration=off)
    add = t.add(people(0, 3))
    bitmap = bitmap_of_row(0)
    add["add"]["deletionVector"] = {
        "storageType": "i",
        "pathOrInlineDv": z85(bitmap),
        "sizeInBytes": len(bitmap),
        "cardinality": 1,
    }
    t.create(add)
    t.rows_by_path[path_of(add)] = people(1, 2)
    return t.expected()


def deletion_vector_unused():
    """Vectors are allowed by the protocol, switched off, and no file has one."""
    off = {"delta.enableDeletionVectors": "false"}
    t = with_features("deletion-vector-unused", "deletionVectors", configuration=off)
    return t.create(t.add(people(0, 2))).expected()


def mapped(number):
    return {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": f"col-{number}"}


def column_mapping_history():
    """Mapped columns, also the one of the partitions. Version 1 renames a column, 2 appends, 3
    updates with change data."""
    t = Table(
        ROOT,
        "column-mapping-history",
        [("id", "long", mapped(1)), ("name", "string", mapped(2)), ("region", "string", mapped(3))],
        partition_by=["region"],
        configuration=FEED
        | {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "3"},
        protocol={"minReaderVersion": 2, "minWriterVersion": 5},
    )
    north = [{"id": 1, "name": "one", "region": "north"}]
    first = t.add(north, name="aa/part-00000.parquet")
    t.create(first)
    t.columns = [t.columns[0], ("title", "string", mapped(2)), t.columns[2]]
    t.commit(t.metadata(), operation="RENAME COLUMN")
    t.commit(t.add([{"id": 2, "title": "two", "region": None}], name="bb/part-00001.parquet"))
    after = {"id": 1, "title": "uno", "region": "north"}
    images = [changed(after, "update_preimage", title="one"), changed(after, "update_postimage")]
    change = t.change_data(images, "cdc-00000.parquet")
    t.commit(
        t.remove(path_of(first)),
        t.add([after], name="cc/part-00002.parquet"),
        change,
        operation="UPDATE",
    )
    return t.expected()


TABLES = [
    change_data_feed,
    change_data_feed_switched_off,
    protocol_upgrade,
    in_commit_timestamps,
    clock_went_back,
    checkpoint_v2,
    deletion_vector_file,
    deletion_vector_switched_off,
    deletion_vector_unused,
    column_mapping_history,
]
