"""Raw HTTP answers of a sharing server, reduced to what the acceptance tests compare."""

import hashlib
import json
from urllib.parse import quote, unquote, urlsplit

import requests

TIMEOUT_S = 120
PARQUET, DELTA = "parquet", "delta"
ID_HASH = {PARQUET: hashlib.md5, DELTA: hashlib.sha256}


def post_query(server, table, token, response_format, body=None):
    return requests.post(
        server.endpoint + table.path + "/query",
        json=body or {},
        timeout=TIMEOUT_S,
        headers={
            "Authorization": "Bearer " + token,
            "delta-sharing-capabilities": "responseformat=" + response_format,
        },
    )


def get_metadata(server, table, token, response_format=PARQUET):
    return requests.get(
        server.endpoint + table.path + "/metadata",
        timeout=TIMEOUT_S,
        headers={
            "Authorization": "Bearer " + token,
            "delta-sharing-capabilities": "responseformat=" + response_format,
        },
    )


def parse_lines(response):
    """The NDJSON lines: protocol, metadata, files. Split at LF alone, as the format says."""
    lines = [json.loads(line) for line in response.content.decode().split("\n") if line]
    return lines[0]["protocol"], lines[1]["metaData"], [line["file"] for line in lines[2:]]


def file_facts(file, response_format):
    """URL, id, size, partition values and statistics of a file line in either format."""
    if response_format == PARQUET:
        return {
            "url": file["url"],
            "id": file["id"],
            "size": file["size"],
            "partitionValues": file["partitionValues"],
            "stats": file.get("stats"),
        }
    add = file["deltaSingleAction"]["add"]
    return {
        "url": add["path"],
        "id": file["id"],
        "size": add["size"],
        "partitionValues": add["partitionValues"],
        "stats": add.get("stats"),
    }


def spelling_in_log(facts, response_format, known_paths):
    """The file's path as the log spells it. The wire has its decoded form in the URL and a hash of
    the spelling as the id; the spelling is found where the hash fits, first among the paths that
    are known.
    """
    digest = ID_HASH[response_format]
    for path in known_paths:
        if digest(path.encode()).hexdigest() == facts["id"]:
            return path
    # What follows /files/{share}/{schema}/{table}/ is the path.
    encoded = urlsplit(facts["url"]).path.split("/files/", 1)[1].split("/", 3)[3]
    decoded = unquote(encoded)
    for path in (decoded, encoded, quote(decoded, safe="/=-._~"), quote(decoded, safe="/-._~")):
        if digest(path.encode()).hexdigest() == facts["id"]:
            return path
    return None


def reduced_schema(schema):
    """A schema as the parquet format gives it: of a field's metadata only the comment is left."""
    if isinstance(schema, list):
        return [reduced_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: (
            {k: v for k, v in value.items() if k == "comment"}
            if key == "metadata"
            else reduced_schema(value)
        )
        for key, value in schema.items()
    }
