"""A table of many commits: a query of an older version takes a moment and is not ready at once."""

import json
import os

COMMITS = 300
FILES_OF_COMMIT = 100
FIRST_COMMIT_MS = 1_772_438_400_000


def write_long_table(folder):
    """Writes the log of a table of COMMITS versions without a checkpoint. Its data files are not
    there."""
    log = os.path.join(folder, "_delta_log")
    os.makedirs(log)
    field = {"name": "id", "type": "long", "nullable": True, "metadata": {}}
    head = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {
            "metaData": {
                "id": "9b9f2c6e-0000-4000-8000-000000000300",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps({"type": "struct", "fields": [field]}),
                "partitionColumns": [],
                "configuration": {},
            }
        },
    ]
    for version in range(COMMITS):
        time_ms = FIRST_COMMIT_MS + version * 60_000
        lines = [{"commitInfo": {"timestamp": time_ms}}] + (head if version == 0 else [])
        lines += [added_file(version, number, time_ms) for number in range(FILES_OF_COMMIT)]
        with open(os.path.join(log, f"{version:020d}.json"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def added_file(version, number, time_ms):
    return {
        "add": {
            "path": f"part-{version:05d}-{number:05d}.parquet",
            "partitionValues": {},
            "size": 1000,
            "modificationTime": time_ms,
            "dataChange": True,
            "stats": '{"numRecords":1}',
        }
    }
