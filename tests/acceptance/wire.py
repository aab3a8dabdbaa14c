"""A recipient that speaks plain HTTP, and its answers reduced to what the tests compare."""

import functools
import hashlib
import json
from urllib.parse import quote, unquote, urlsplit

import requests
from testdata import DELTA, PARQUET

TIMEOUT_S = 120
FORMATS = [PARQUET, DELTA]
ID_HASH = {PARQUET: hashlib.md5, DELTA: hashlib.sha256}
CAPABILITIES = {
    PARQUET: "responseformat=parquet",
    DELTA: "responseformat=delta;readerfeatures=deletionvectors,columnmapping",
}


class Recipient:
    """Sends each request once: an equal one gets the first one's answer."""

    def __init__(self, endpoint, token):
        self.endpoint = endpoint
        self.token = token
        self.session = requests.Session()
        self.answers = {}

    def query(self, table, response_format, capabilities=None, **body):
        return self.ask("POST", table.path + "/query", response_format, capabilities, body)

    def metadata(self, table, response_format, **parameters):
        return self.ask("GET", table.path + "/metadata", response_format, None, parameters)

    def changes(self, table, response_format, **parameters):
        return self.ask("GET", table.path + "/changes", response_format, None, parameters)

    def ask(self, method, path, response_format, capabilities, arguments):
        capabilities = capabilities or CAPABILITIES[response_format]
        key = (method, path, capabilities, json.dumps(arguments, sort_keys=True))
        if key not in self.answers:
            sent_as = {"json": arguments} if method == "POST" else {"params": arguments}
            response = self.session.request(
                method,
                self.endpoint + path,
                timeout=TIMEOUT_S,
                headers={
                    "Authorization": "Bearer " + self.token,
                    "delta-sharing-capabilities": capabilities,
                },
                **sent_as,
            )
            self.answers[key] = Answer(response)
        return self.answers[key]

    def fetch(self, url, headers=None):
        """A data file: the URL is all that it takes."""
        return self.session.get(url, timeout=TIMEOUT_S, headers=headers)


class Answer:
    """An NDJSON answer, or an error. Lines are split at LF alone, as the format says."""

    def __init__(self, response):
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.content.decode()
        self.lines = [line for line in self.text.split("\n") if line]

    @property
    def version(self):
        return int(self.headers["delta-table-version"])

    @property
    def format(self):
        capabilities = self.headers["delta-sharing-capabilities"].split(";")
        return next(c.split("=")[1] for c in capabilities if c.startswith("responseformat="))

    @property
    def head(self):
        """The protocol's and the metadata's line, as text."""
        return self.lines[:2]

    @property
    def protocol(self):
        return json.loads(self.lines[0])["protocol"]

    @property
    def metadata(self):
        return json.loads(self.lines[1])["metaData"]

    @functools.cached_property
    def objects(self):
        """What follows the head: pairs of a kind and its content."""
        assert self.status == 200, self.text
        return [next(iter(json.loads(line).items())) for line in self.lines[2:]]

    @functools.cached_property
    def files(self):
        return [file_facts(kind, file) for kind, file in self.objects if kind in FILE_KINDS]

    @property
    def end(self):
        kind, content = self.objects[-1] if self.objects else (None, None)
        return content if kind == "endStreamAction" else None

    def error(self):
        body = json.loads(self.text)
        assert set(body) >= {"errorCode", "message"}
        assert self.headers["content-type"].startswith("application/json")
        return body


FILE_KINDS = ("file", "add", "cdf", "remove")


def file_facts(kind, file):
    """A file line of either format: what was done, URL, id, size, partition values and so on."""
    facts = {key: file.get(key) for key in ("id", "version", "timestamp")}
    facts |= {"kind": kind, "vector": None, "vector_id": file.get("deletionVectorFileId")}
    facts |= {"expires": file["expirationTimestamp"]}
    action = file
    if "deltaSingleAction" in file:
        assert kind == "file" and len(file["deltaSingleAction"]) == 1
        name, action = next(iter(file["deltaSingleAction"].items()))
        facts |= {"kind": {"cdc": "cdf"}.get(name, name), "vector": action.get("deletionVector")}
    facts["url"] = action["path" if "deltaSingleAction" in file else "url"]
    for key in ("size", "partitionValues", "stats"):
        facts[key] = action.get(key)
    return facts


def without_signature(line):
    """A file line without what changes with the time of the request."""
    kind, file = next(iter(json.loads(line).items()))
    file = json.loads(json.dumps(file))
    file.pop("expirationTimestamp", None)
    action = file
    if "deltaSingleAction" in file:
        action = next(iter(file["deltaSingleAction"].values()))
    for holder, key in ((action, "url"), (action, "path")):
        if key in holder:
            holder[key] = holder[key].split("?")[0]
    vector = action.get("deletionVector")
    if vector and vector["storageType"] == "p":
        vector["pathOrInlineDv"] = vector["pathOrInlineDv"].split("?")[0]
    return kind, file


def spelling_in_log(facts, response_format, known_paths):
    """The file's path as the log spells it. The wire has its decoded form in the URL and a hash of
    the spelling as the id; the spelling is found where the hash fits, first among the paths that
    are known.
    """
    digest = ID_HASH[response_format]
    for path in known_paths:
        if digest(path.encode()).hexdigest() == facts["id"]:
            return path
    encoded = path_in_table(facts["url"])
    decoded = unquote(encoded)
    for path in (decoded, encoded, quote(decoded, safe="/=-._~"), quote(decoded, safe="/-._~")):
        if digest(path.encode()).hexdigest() == facts["id"]:
            return path
    return None


def path_in_table(url):
    """What follows /files/{share}/{schema}/{table}/ in a link to the server, or the table's folder,
    which is called delta, in a link to a store."""
    path = urlsplit(url).path
    if "/files/acceptance/" in path:
        return path.split("/files/", 1)[1].split("/", 3)[3]
    return path.split("/delta/", 1)[1]


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
