"""Where the tables of a run lie: in a folder of this machine, or in a bucket of a store that is
started for them. A place has

- `variables`, `settings`: the server's environment, and what `sluice:` says for it;
- `of(table)`: the location of the folder that holds the table and what belongs to it."""

import concurrent.futures
import contextlib
import json
import os

import testdata
from support.cloud_identity import CloudIdentity
from support.server import copy_tables
from support.stores import STORES

LOCAL = "local"
NAMES = [LOCAL, *STORES]
DELIVERIES = ["auto", "url", "proxy"]
BUCKET = "acceptance"
UPLOADS_AT_ONCE = 8
COLLECTIONS = {
    "own": os.path.join(testdata.OWN, "tables"),
    "shared": testdata.SHARED,
}


class Place:
    """A folder `work` with copies of the tables, read from there."""

    def __init__(self, work, delivery):
        self.work, self.root = work, work
        self.variables, self.settings = {}, {"delivery": delivery}

    def of(self, table):
        return f"{self.root}/{table.collection}/{table.name}"

    def copy(self):
        for collection, source in COLLECTIONS.items():
            if any(t.collection == collection for t in testdata.TABLES):
                copy = os.path.join(self.work, collection)
                copy_tables(source, copy, f"{self.root}/{collection}")


class Bucket(Place):
    """The copies are put into a bucket of `store`, a running one of support.stores."""

    def __init__(self, work, delivery, store):
        super().__init__(work, delivery)
        self.store = store
        self.root = store.location(BUCKET).rstrip("/")
        self.variables = dict(store.client_environment())

    def copy(self):
        super().copy()
        self.store.create_bucket(BUCKET)
        with concurrent.futures.ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
            for done in [pool.submit(self.put, table) for table in testdata.TABLES]:
                done.result()

    def put(self, table):
        folder = os.path.join(self.work, table.collection, table.name)
        for name in set(os.listdir(folder)) - {"expected"}:  # the right rows, which nobody reads
            prefix = f"{table.collection}/{table.name}/{name}"
            self.store.put_folder(BUCKET, os.path.join(folder, name), prefix)


@contextlib.contextmanager
def prepared(name, work, delivery):
    """The place called `name`, with all tables of testdata.TABLES."""
    with contextlib.ExitStack() as running:
        if name == LOCAL:
            place = Place(work, delivery)
        else:
            store = running.enter_context(STORES[name](os.path.join(work, name)))
            place = Bucket(work, delivery, store)
        if name == "fake_gcs":  # which checks no signature: an account's key is there to make one
            identity = running.enter_context(CloudIdentity())
            place.variables["GOOGLE_APPLICATION_CREDENTIALS"] = key_file_of(identity, work)
        place.copy()
        yield place


def key_file_of(identity, work):
    path = os.path.join(work, "account.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(identity.service_account(), file)
    return path
