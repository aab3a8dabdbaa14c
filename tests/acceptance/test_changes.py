"""The change data feed: over plain HTTP, and as the real Python client reads it."""

import collections
import json

import pytest
import testdata
import wire
from support import rows

delta_sharing = pytest.importorskip("delta_sharing")

CHANGED = [t for t in testdata.of_kind("readable") if t.expected.get("cdf")]
COMPARED = [t for t in CHANGED if "changes" in t.expected["cdf"]]
# What the stock client reads otherwise than Spark, by table. Each entry must still be needed.
EXCEPTIONS = {
    "cdf-table-with-dv": "the inline vector of version 5 ends in a padded group '##093', which the "
    "client's Rust library takes for row 3 and Spark, by the Z85 of the Delta protocol, for a row "
    "past the file's end",
}
ADDED_COLUMNS = {"_change_type": "string", "_commit_version": "long", "_commit_timestamp": "long"}


def bounds_of(table):
    known = table.expected["cdf"]
    return {"startingVersion": known["start"], "endingVersion": known["end"]}


@pytest.mark.parametrize("table", CHANGED, ids=str)
def test_changes(recipient, table, response_format):
    answer = recipient.changes(table, response_format, **bounds_of(table))
    if response_format not in table.formats:
        assert answer.status == 400, answer.text
        assert answer.error()["errorCode"] == "UNSUPPORTED_OPERATION"
        return
    assert answer.status == 200, answer.text
    known = table.expected["cdf"]
    assert answer.version == known["start"]
    kinds = collections.defaultdict(set)
    for file in answer.files:
        assert known["start"] <= file["version"] <= known["end"]
        assert isinstance(file["timestamp"], int) and isinstance(file["size"], int)
        kinds[file["version"]].add(file["kind"])
    assert [f["version"] for f in answer.files] == sorted(f["version"] for f in answer.files)
    assert all(of == {"cdf"} for of in kinds.values() if "cdf" in of)
    check_kinds(known.get("changes", []), kinds)


def check_kinds(changes, kinds):
    """Versions without changed rows have no files; updates are told by files of changes alone."""
    assert {version for version, _, _ in changes} <= set(kinds) or not changes
    for version, change, _ in changes:
        wanted = {"insert": {"add", "cdf"}, "delete": {"remove", "add", "cdf"}}.get(change, {"cdf"})
        assert kinds[version] & wanted, (version, change)


# Where the commits of a whole range are gone, the server says so; data files that are gone it
# cannot know of, so there the client finds out.
@pytest.mark.parametrize("table", [t for t in CHANGED if t.name == "gen-cdf-missing-log"], ids=str)
def test_changes_before_the_first_commit_are_refused(recipient, table):
    answer = recipient.changes(table, wire.DELTA, startingVersion=0, endingVersion=6)
    assert answer.status == 400, answer.text
    assert "is before the earliest available version" in answer.error()["message"]


@pytest.mark.parametrize("table", [t for t in CHANGED if t.name == "gen-cdf-vacuumed"], ids=str)
def test_changes_whose_files_are_gone_are_not_found(recipient, table):
    answer = recipient.changes(table, wire.DELTA, startingVersion=0, endingVersion=6)
    assert answer.status == 200, answer.text
    statuses = {recipient.fetch(f["url"]).status_code for f in answer.files}
    assert statuses == {200, 404}


def compared_case(table, response_format):
    reason = EXCEPTIONS.get(table.name)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(table, response_format, marks=marks, id=f"{response_format}-{table}")


@pytest.mark.parametrize("table", [t for t in COMPARED if t.features], ids=str)
def test_changes_in_parquet_are_refused(profile, table):
    with pytest.raises(Exception, match="Unsupported Delta Table Properties"):
        load(profile, table, wire.PARQUET)


@pytest.mark.parametrize(
    "table,response_format", [compared_case(t, f) for t in COMPARED for f in t.formats]
)
def test_changes_as_pandas(profile, table, response_format):
    known = table.expected["cdf"]
    frame = load(profile, table, response_format)
    counted = collections.Counter(zip(frame["_commit_version"], frame["_change_type"]))
    found = sorted([int(version), change, n] for (version, change), n in counted.items())
    assert found == known["changes"]
    types = {f["name"]: f["type"] for f in table.fields} | ADDED_COLUMNS
    schema = {"fields": [{"name": c, "type": types[c]} for c in known["columns"]]}
    lines = rows.lines_of_frame(frame, json.dumps(schema))
    assert rows.hash_of_lines(lines) == known["rows_sha256"]


def load(profile, table, response_format):
    known = table.expected["cdf"]
    return delta_sharing.load_table_changes_as_pandas(
        f"{profile}#acceptance.{table.collection}.{table.shared_name}",
        starting_version=known["start"],
        ending_version=known["end"],
        use_delta_format=response_format == wire.DELTA,
    )
