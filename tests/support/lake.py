"""A Delta table in a bucket that grows while a server shares it, and that server as a recipient
sees it."""

import json
import os
import re
from collections import Counter
from urllib.parse import urlsplit

import pyarrow
import requests
import yaml
from deltalake import write_deltalake

from .server import Server, wait_until

TOKEN = "stores-token"
TIMEOUT_S = 60
ROWS_PER_COMMIT = 3


class Table:
    """Each commit is one file of three rows."""

    def __init__(self, folder, store, bucket, path="lake/numbers", commits=2):
        self.folder, self.store, self.bucket, self.path = folder, store, bucket, path
        self.version, self.kept = -1, set()
        for _ in range(commits):
            self.append()

    @property
    def location(self):
        return self.store.location(self.bucket, self.path)

    def append(self):
        """A commit, made in the local folder and put into the bucket, the log last."""
        first = (self.version + 1) * ROWS_PER_COMMIT
        rows = pyarrow.table({"id": list(range(first, first + ROWS_PER_COMMIT))})
        write_deltalake(self.folder, rows, mode="append")
        self.version += 1
        found = {
            os.path.relpath(os.path.join(parent, name), self.folder)
            for parent, _, names in os.walk(self.folder)
            for name in names
        }
        for name in sorted(found - self.kept, key=lambda n: n.startswith("_delta_log")):
            with open(os.path.join(self.folder, name), "rb") as file:
                self.store.put(self.bucket, f"{self.path}/{name}", file.read())
        self.kept |= found


class Sharing(Server):
    """A server of the tables that are given by name: their locations, or all that is said of them.
    `stores` and `sluice` are what the configuration says under these names."""

    def __init__(self, folder, tables, variables=None, stores=(), listen="127.0.0.1:0", **sluice):
        os.makedirs(folder, exist_ok=True)
        self.config_path = os.path.join(folder, "server.yaml")
        self.stores, self.sluice = list(stores), sluice
        self.share(tables)
        data = os.path.join(folder, "data")
        super().__init__(self.config_path, data, listen=listen, variables=variables)

    def share(self, tables):
        """Writes the configuration; a running server reads it at SIGHUP."""
        listed = [
            {"name": name, **(said if isinstance(said, dict) else {"location": said})}
            for name, said in tables.items()
        ]
        text = {
            "version": 1,
            "authorization": {"bearerToken": TOKEN},
            "shares": [{"name": "s", "schemas": [{"name": "d", "tables": listed}]}],
            "stores": self.stores,
            "sluice": self.sluice,
        }
        with open(self.config_path, "w", encoding="utf-8") as file:
            yaml.safe_dump(text, file, sort_keys=False)

    def query(self, table="t", endpoint=None, verify=True, **body):
        return requests.post(
            f"{endpoint or self.endpoint}/shares/s/schemas/d/tables/{table}/query",
            json=body,
            headers={"Authorization": "Bearer " + TOKEN},
            timeout=TIMEOUT_S,
            verify=verify,
        )

    def files(self, table="t", **arguments):
        """The file lines of an answer, which must be one."""
        return files_of(self.query(table, **arguments))

    def logs(self, *words):
        """The log, once it holds all the words: it is written behind the answers."""
        wait_until(lambda: all(word in self.log() for word in words), what=f"the log says {words}")
        return self.log()

    def store_counts(self, name="requests"):
        """What `sluice_store_NAME_total` has counted for all stores: by operation and class of
        status, zeros left out; a number for a name without these labels."""
        text = requests.get(self.admin + "/metrics", timeout=TIMEOUT_S).text
        lines = re.findall(rf"^sluice_store_{name}_total{{(.*)}} (\S+)$", text, re.MULTILINE)
        found = [(dict(re.findall(r'(\w+)="(.*?)"', said)), float(count)) for said, count in lines]
        if name != "requests":
            return sum(count for _, count in found)
        return Counter(
            {(said["operation"], said["status"]): int(count) for said, count in found if count}
        )

    def profile(self):
        path = os.path.join(os.path.dirname(self.config_path), "t.share")
        text = {"shareCredentialsVersion": 1, "endpoint": self.endpoint, "bearerToken": TOKEN}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(text, file)
        return path


def prefix_of(store, bucket):
    """What a configuration says under `prefix` for a store of one bucket."""
    if store.name == "azurite":
        return f"az://{bucket}@{store.account}"
    return store.location(bucket).rstrip("/")


def files_of(answer):
    assert answer.status_code == 200, answer.text
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return [line["file"] for line in lines if "file" in line]


def version_of(answer):
    assert answer.status_code == 200, answer.text
    return int(answer.headers["delta-table-version"])


def fetch(url, method="GET", headers=None, **arguments):
    return requests.request(method, url, headers=headers, timeout=TIMEOUT_S, **arguments)


def is_link_to(store, url):
    return urlsplit(url).port == store.port
