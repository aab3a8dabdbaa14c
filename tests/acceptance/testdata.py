"""The tables that the acceptance suite reads, and what is known about each.

Two collections: the project's own tables (tests/data), always there, and a larger one in
SLUICE_TESTDATA, by default ../shared/testdata/delta beside the repository.
"""

import dataclasses
import functools
import hashlib
import json
import os

from support.server import REPOSITORY

OWN = os.path.join(REPOSITORY, "tests", "data")
SHARED = os.environ.get(
    "SLUICE_TESTDATA", os.path.join(os.path.dirname(REPOSITORY), "shared", "testdata", "delta")
)
PARQUET, DELTA = "parquet", "delta"
# Reader features that the server reads. A table which needs another one must be refused by name.
READ_BY_SERVER = frozenset(
    {
        "columnMapping",
        "deletionVectors",
        "timestampNtz",
        "typeWidening",
        "typeWidening-preview",
        "v2Checkpoint",
        "vacuumProtocolCheck",
        "variantShredding-preview",
        "variantType",
        "variantType-preview",
    }
)
# They concern those who read the log, and recipients do not.
OF_THE_LOG = frozenset({"v2Checkpoint", "vacuumProtocolCheck"})

# What is known of the project's own files says nothing of vectors, so the tables are named.
OWN_WITH_VECTORS = {"deletion-vector", "deletion-vector-file", "deletion-vector-switched-off"}

# How many tables each test must reach, so that a table which goes missing is noticed. Of the
# larger collection: 175 `ok` and 10 `snapshot-only` are readable, 3 of the 175 are known by their
# number of rows alone; 8 are broken, 2 need a catalog and readers dispute 4. 17 have a change data
# feed; of one of them the data files are absent.
COUNTS = {
    "own": {
        "test_query_lists_the_live_files": 29,
        "test_rows": 28,
        "test_rows_as_deltalake_reads_them": 28,
        "test_broken_table_is_refused_without_showing_the_inside": 6,
        "test_table_of_a_newer_reader_is_refused_by_name": 2,
    },
    "shared": {
        "test_query_lists_the_live_files": 185,
        "test_query_gives_partition_values_and_readable_urls": 185,
        "test_metadata_describes_the_table": 185,
        "test_both_calls_serialise_the_metadata_alike": 185,
        "test_features_decide_the_format": 185,
        "test_first_file_can_be_fetched_whole": 175,
        "test_deletion_vectors_can_be_fetched": 12,
        "test_every_version": 185,
        "test_pages_are_together_the_whole": 137,
        "test_rows": 172,
        "test_rows_with_limit": 172,
        "test_rows_with_json_predicate_hint": 172,
        "test_client_finds_the_format_out": 39,
        "test_rows_as_deltalake_reads_them": 174,
        "test_rows_as_duckdb_reads_them": 7,
        "test_changes": 17,
        "test_changes_as_pandas": 16,
        "test_changes_in_parquet_are_refused": 4,
        "test_changes_before_the_first_commit_are_refused": 1,
        "test_changes_whose_files_are_gone_are_not_found": 1,
        "test_pages_of_changes_are_together_the_whole": 17,
        "test_broken_table_is_refused_without_showing_the_inside": 8,
        "test_table_of_a_newer_reader_is_refused_by_name": 2,
        "test_table_that_readers_dispute": 4,
    },
}


# The same of a tenth, for the tests that matter most.
COUNTS_OF_A_TENTH = {
    "own": {
        "test_query_lists_the_live_files": 9,
        "test_deletion_vectors_can_be_fetched": 2,
        "test_rows": 9,
        "test_rows_as_deltalake_reads_them": 9,
        "test_broken_table_is_refused_without_showing_the_inside": 3,
        "test_table_of_a_newer_reader_is_refused_by_name": 1,
    },
    "shared": {
        "test_query_lists_the_live_files": 26,
        "test_first_file_can_be_fetched_whole": 26,
        "test_deletion_vectors_can_be_fetched": 4,
        "test_every_version": 26,
        "test_pages_are_together_the_whole": 19,
        "test_rows": 26,
        "test_client_finds_the_format_out": 7,
        "test_rows_as_deltalake_reads_them": 26,
        "test_changes": 2,
        "test_broken_table_is_refused_without_showing_the_inside": 2,
    },
}

# What a tenth must hold beside what its hashes choose: one table at least of each of these.
ALWAYS = (
    "absolute-paths",
    "cdf",
    "checkpoint-classic",
    "checkpoint-multipart",
    "checkpoint-v2-classic-name",
    "checkpoint-v2-json",
    "checkpoint-v2-parquet",
    "column-mapping-id",
    "column-mapping-name",
    "deletion-vectors",
    "deletion-vectors-absolute",
    "deletion-vectors-inline",
    "last-checkpoint-bad",
    "log-cleaned",
    "partition-special",
    "special-chars",
)
ALWAYS_BY_NAME = {
    "absolute-inside",
    "absolute-outside",
    "change-data-feed",
    "checkpoint-multipart",
    "checkpoint-v2",
    "column-mapping",
    "deletion-vector",
    "deletion-vector-file",
    "dotdot-path",
    "gen-shallow-clone",
    "partition-special",
    "unknown-reader-feature",
    "v2-checkpoints-parquet-with-sidecars",
}


def features_in_force(protocol, configuration, has_vectors=False):
    """What a reader must understand to read the data files rightly. Reader version 2 means column
    mapping; two features may be listed and switched off."""
    listed = set()
    if protocol["minReaderVersion"] >= 3:
        listed = set(protocol.get("readerFeatures") or [])
    elif protocol["minReaderVersion"] == 2:
        listed = {"columnMapping"}
    if configuration.get("delta.columnMapping.mode", "none") == "none":
        listed.discard("columnMapping")
    if has_vectors:
        listed.add("deletionVectors")
    elif configuration.get("delta.enableDeletionVectors", "false") != "true":
        listed.discard("deletionVectors")
    return listed - OF_THE_LOG


@dataclasses.dataclass(frozen=True)
class TestTable:
    """One table: its place, its name as shared, and what a reader must find."""

    __test__ = False
    collection: str
    name: str
    source: str
    expected: dict = dataclasses.field(hash=False, compare=False)

    @property
    def shared_name(self):
        return self.name.replace(".", "_")

    @property
    def path(self):
        return f"/shares/acceptance/schemas/{self.collection}/tables/{self.shared_name}"

    @property
    def kind(self):
        """readable, refused (broken), newer (needs what the server does not read) or disputed."""
        outcome = self.expected["outcome"]
        if outcome == "refuse":
            return "refused"
        if outcome == "readers-differ":
            return "disputed"
        protocol = self.expected["protocol"]
        features = set(protocol.get("readerFeatures") or [])
        known = protocol["minReaderVersion"] <= 3 and features <= READ_BY_SERVER
        return "readable" if known else "newer"

    @property
    def vectors(self):
        """The descriptors that are known."""
        files = self.expected.get("files") or []
        return [f["deletionVector"] for f in files if f.get("deletionVector")]

    @property
    def has_vectors(self):
        return bool(self.vectors) or self.collection == "own" and self.name in OWN_WITH_VECTORS

    @property
    def features(self):
        """The reader features in force."""
        return features_in_force(
            self.expected["protocol"], self.expected["configuration"], self.has_vectors
        )

    @property
    def formats(self):
        """The formats in which its files may be handed over."""
        return [DELTA] if self.features else [PARQUET, DELTA]

    @property
    def has_rows(self):
        return self.expected.get("rows_sha256") is not None

    @property
    def fields(self):
        return json.loads(self.expected["schema"])["fields"]

    @property
    def partition_keys(self):
        """The keys of `partitionValues`: physical names, where columns are mapped."""
        mapped = "columnMapping" in self.features
        names = {f["name"]: f["metadata"] for f in self.fields}
        return {
            names[c]["delta.columnMapping.physicalName"] if mapped else c
            for c in self.expected["partition_columns"]
        }

    @property
    def skips(self):
        """Columns that the expected hash leaves out: those that are named, and void ones."""
        void = [f["name"] for f in self.fields if f["type"] == "void"]
        return list(self.expected.get("hash_skips") or []) + void

    def __str__(self):
        return self.name if self.collection == "shared" else "own:" + self.name


@functools.cache
def expected_of(folder):
    path = os.path.join(folder, "expected.json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def load(collection, folder, tables):
    return [TestTable(collection, n, tables, e) for n, e in sorted(expected_of(folder).items())]


TABLES = load("own", OWN, os.path.join(OWN, "tables")) + load("shared", SHARED, SHARED)


def a_tenth_of(tables):
    """The same ones each time, of each collection: a hash of the name chooses."""
    by_hash = sorted(tables, key=lambda t: hashlib.sha256(str(t).encode()).digest())
    chosen = {t for t in tables if t.name in ALWAYS_BY_NAME}
    for collection in ("own", "shared"):
        of_it = [t for t in by_hash if t.collection == collection]
        chosen |= set(of_it[: len(of_it) // 10])
    for feature in ALWAYS:
        of_it = [t for t in by_hash if feature in t.expected.get("feature", ()) if is_read(t)]
        chosen |= set(of_it[:1]) if chosen.isdisjoint(of_it) else set()
    return [t for t in tables if t in chosen]


def is_read(table):
    return table.kind == "readable" and table.has_rows


def of_kind(kind):
    return [t for t in TABLES if t.kind == kind]


def shared_is_absent():
    return not any(t.collection == "shared" for t in TABLES)
