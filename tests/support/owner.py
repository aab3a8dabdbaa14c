"""The owner's REST surface of a server, as a script would use it."""

import os

import requests

TIMEOUT_S = 60


class Refused(Exception):
    """The server said no: its status, its error code and its words."""

    def __init__(self, response):
        super().__init__(f"{response.request.method} {response.url}: {response.status_code} {response.text}")
        self.status = response.status_code
        self.text = response.text


class Owner:
    """Whoever has the token; that of the data directory unless another is given."""

    def __init__(self, server, token=None):
        self.base = server.admin + "/api/v1"
        if token is None:
            with open(os.path.join(server.data_dir, "admin.token"), encoding="utf-8") as file:
                token = file.read().strip()
        self.session = requests.Session()
        self.session.trust_env = False  # of proxies and authorities that the machine has
        self.session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method, path, **arguments):
        response = self.session.request(method, self.base + path, timeout=TIMEOUT_S, **arguments)
        if response.status_code >= 400:
            raise Refused(response)
        return response.json() if response.content else None

    def get(self, path, **parameters):
        return self.ask("GET", path, params=parameters)

    def create_share(self, name, **fields):
        return self.ask("POST", "/shares", json={"name": name, **fields})

    def add_table(self, share, schema, table, location, **fields):
        body = {"schema": schema, "table": table, "location": location, **fields}
        return self.ask("POST", f"/shares/{share}/tables", json=body)

    def create_recipient(self, name, **fields):
        return self.ask("POST", "/recipients", json={"name": name, **fields})

    def issue_token(self, recipient, **fields):
        """The token's id, its text and the profile."""
        return self.ask("POST", f"/recipients/{recipient}/tokens", json=fields)

    def rotate_token(self, recipient, **fields):
        return self.ask("POST", f"/recipients/{recipient}/rotation", json=fields)

    def revoke_token(self, recipient, token_id):
        return self.ask("DELETE", f"/recipients/{recipient}/tokens/{token_id}")

    def activation_link(self, recipient, **fields):
        answer = self.ask("POST", f"/recipients/{recipient}/activation-links", json=fields)
        return answer["activationLink"]

    def grant(self, share, recipient, **fields):
        return self.ask("PUT", f"/shares/{share}/recipients/{recipient}", json=fields)

    def revoke(self, share, recipient):
        return self.ask("DELETE", f"/shares/{share}/recipients/{recipient}")

    def set_quota(self, measure, limit, window="", **fields):
        body = {"measure": measure, "limit": limit, "window": window, **fields}
        return self.ask("PUT", "/quotas", json=body)


class Reader:
    """A recipient with a token."""

    def __init__(self, endpoint, token):
        self.endpoint, self.token = endpoint, token
        self.session = requests.Session()
        self.session.trust_env = False  # of proxies and authorities that the machine has
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method, path, **arguments):
        return self.session.request(method, self.endpoint + path, timeout=TIMEOUT_S, **arguments)

    def get(self, path, **parameters):
        return self.ask("GET", path, params=parameters)

    def shares(self):
        answer = self.get("/shares")
        answer.raise_for_status()
        return [item["name"] for item in answer.json().get("items", [])]

    def query(self, share, schema, table, body=None, **arguments):
        path = f"/shares/{share}/schemas/{schema}/tables/{table}/query"
        return self.ask("POST", path, json=body or {}, **arguments)
