"""Plain HTTP requests of a recipient, by a path below the endpoint."""

import json

import requests

TOKEN = "interop-token-b1f0c2"  # of the configurations that the interop tests write
TIMEOUT_S = 60


class Caller:
    """Plain HTTP requests with a token."""

    def __init__(self, endpoint, token, verify=True):
        self.endpoint = endpoint
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = verify
        self.session.headers["Authorization"] = "Bearer " + token

    def get(self, path, **options):
        return self.session.get(self.endpoint + path, timeout=TIMEOUT_S, **options)

    def query(self, table_path, body=None):
        return self.session.post(
            self.endpoint + table_path + "/query", json=body or {}, timeout=TIMEOUT_S
        )

    def files(self, table_path, body=None):
        response = self.query(table_path, body)
        response.raise_for_status()
        lines = [line for line in response.content.decode().split("\n") if line]
        return [json.loads(line)["file"] for line in lines[2:]]


def caller_of(server, token=None, verify=True):
    return Caller(server.endpoint, token or server.token(), verify)
