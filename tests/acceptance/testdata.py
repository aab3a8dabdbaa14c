"""The tables that the acceptance suite reads, and what is known about each.

Two collections: the project's own tables (tests/data), always there, and a larger one in
SLUICE_TESTDATA, by default ../shared/testdata/delta beside the repository.
"""

import dataclasses
import json
import os

from support.server import REPOSITORY

OWN = os.path.join(REPOSITORY, "tests", "data")
SHARED = os.environ.get(
    "SLUICE_TESTDATA", os.path.join(os.path.dirname(REPOSITORY), "shared", "testdata", "delta")
)
# Reader features that the server reads. A table which needs another one must be refused by name.
SUPPORTED_READER_FEATURES = frozenset()
# What the collections hold, so that a table which goes missing is noticed. Of the 134 readable ones
# 133 have reader version 1; the other has version 3 and names no feature.
COUNTS = {
    "own": {"readable": 17, "refused": 6, "newer": 4},
    "shared": {"readable": 134, "refused": 8, "newer": 53},
}


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
        known = self.reader_version <= 3 and self.reader_features <= SUPPORTED_READER_FEATURES
        return "readable" if known else "newer"

    @property
    def reader_version(self):
        return self.expected["protocol"]["minReaderVersion"]

    @property
    def reader_features(self):
        """What a reader must understand: reader version 2 means column mapping, where it is on."""
        features = set(self.expected["protocol"].get("readerFeatures") or [])
        mode = self.expected["configuration"].get("delta.columnMapping.mode", "none")
        if self.reader_version == 2 and mode != "none":
            features.add("columnMapping")
        return features

    @property
    def has_rows(self):
        return self.expected.get("rows_sha256") is not None

    def __str__(self):
        return self.name if self.collection == "shared" else "own:" + self.name


def load_own():
    with open(os.path.join(OWN, "expected.json"), encoding="utf-8") as file:
        expected = json.load(file)
    return [
        TestTable("own", name, os.path.join(OWN, "tables"), e)
        for name, e in sorted(expected.items())
    ]


def load_shared():
    path = os.path.join(SHARED, "expected.json")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        expected = json.load(file)
    return [TestTable("shared", name, SHARED, e) for name, e in sorted(expected.items())]


TABLES = load_own() + load_shared()


def of_kind(kind):
    return [t for t in TABLES if t.kind == kind]


def shared_is_absent():
    return not any(t.collection == "shared" for t in TABLES)
