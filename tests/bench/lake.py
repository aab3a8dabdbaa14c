"""A MinIO that holds the tables of a run, and Sluice before it. The part of a run that needs it
first starts it."""

import concurrent.futures
import os

from support.lake import TOKEN, Sharing
from support.stores import Minio

BUCKET = "bench"
PUTS_AT_ONCE = 8


def table_path(name):
    return f"/shares/s/schemas/d/tables/{name}"


class Shared(Sharing):
    """A server as load.Connection wants it."""

    def token(self):
        return TOKEN


class Lake:
    def __init__(self, folder):
        self.folder, self.starts, self.held = folder, 0, set()
        self.store = Minio(os.path.join(folder, "minio"))

    def __enter__(self):
        self.store.start()
        self.store.create_bucket(BUCKET)
        return self

    def __exit__(self, *_):
        self.store.stop()

    def add(self, folder, name):
        """Puts the files of a table into the bucket, if it does not hold them yet, and returns
        its location."""
        if name not in self.held:
            self.held.add(name)
            found = [
                os.path.join(parent, file) for parent, _, files in os.walk(folder) for file in files
            ]
            with concurrent.futures.ThreadPoolExecutor(PUTS_AT_ONCE) as pool:
                for done in [pool.submit(self.put, path, folder, name) for path in found]:
                    done.result()
        return self.store.location(BUCKET, name)

    def put(self, path, folder, name):
        with open(path, "rb") as file:
            self.store.put(BUCKET, f"{name}/{os.path.relpath(path, folder)}", file.read())

    def serve(self, tables, relay=None):
        """A fresh process that shares the tables, given as for support.lake.Sharing; through the
        relay, if there is one."""
        self.starts += 1
        variables = self.store.client_environment()
        if relay:
            variables["AWS_ENDPOINT_URL"] = relay.root
        return Shared(os.path.join(self.folder, f"server{self.starts}"), tables, variables)
