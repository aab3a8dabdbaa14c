"""What the scripts that make tables have in common."""

import os

from delta_writer import Table

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "tables")
ID_AND_NAME = [("id", "long"), ("name", "string")]


def people(first, count):
    return [{"id": i, "name": f"name {i}"} for i in range(first, first + count)]


def with_features(name, *features, columns=ID_AND_NAME, configuration=None):
    return Table(
        ROOT,
        name,
        columns,
        configuration=configuration,
        protocol={
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": list(features),
            "writerFeatures": list(features),
        },
    )
