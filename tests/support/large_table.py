"""Tables that are larger than the tests' disk, by what their log says."""

import json
import os


def write_large_table(folder, files, file_bytes=1000):
    """A log that lists `files` files, which are not there. Whoever only lists does not notice."""
    log = os.path.join(folder, "_delta_log")
    os.makedirs(log)
    schema = {"type": "struct", "fields": [
        {"name": "id", "type": "long", "nullable": True, "metadata": {}}]}  # fmt: skip
    actions = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {"id": "large", "format": {"provider": "parquet", "options": {}},
                      "schemaString": json.dumps(schema), "partitionColumns": [],
                      "configuration": {}}},
    ]  # fmt: skip
    stats = json.dumps({"numRecords": 1, "minValues": {"id": 1}, "maxValues": {"id": 1}})
    for number in range(files):
        add = {"path": f"part-{number:08}.parquet", "partitionValues": {}, "size": file_bytes,
               "modificationTime": 0, "dataChange": True, "stats": stats}  # fmt: skip
        actions.append({"add": add})
    with open(os.path.join(log, f"{0:020}.json"), "w", encoding="utf-8") as commit:
        commit.writelines(json.dumps(action) + "\n" for action in actions)
    return folder
