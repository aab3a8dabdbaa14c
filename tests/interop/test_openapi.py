"""The published descriptions of both surfaces: right by OpenAPI's own schema, and true of the
running server, whose every route and answer is held against them."""

import copy
import json
import os
import re

import pytest
import requests
from jsonschema.exceptions import ValidationError
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate
from support.caller import TIMEOUT_S
from support.owner import Owner, Reader
from support.server import REPOSITORY, wait_until

REFERENCE = os.path.join(REPOSITORY, "docs", "reference")
UNKNOWN = "zzzzzzzzzzzzzzzz"  # near no name
PRICES = """
currency: USD
egress: 0.09
requests: 0.005
"""


def published(name):
    with open(os.path.join(REFERENCE, name), encoding="utf-8") as file:
        return json.load(file)


def closed(schema):
    """A copy that allows only the properties it describes."""
    schema = copy.deepcopy(schema)

    def close(node):
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                node.setdefault("additionalProperties", False)
            for child in node.values():
                close(child)
        elif isinstance(node, list):
            for child in node:
                close(child)

    close(schema)
    return schema


class Surface:
    """A document, and answers held against it."""

    def __init__(self, document):
        self.document = document
        self.components = closed(document["components"])
        self.seen = set()

    def operations(self):
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def resolve(self, node):
        while "$ref" in node:
            node = self.components[node["$ref"].split("/")[-2]][node["$ref"].split("/")[-1]]
        return node

    def check(self, value, schema):
        whole = {**schema, "components": self.components}
        OAS31Validator(whole, format_checker=oas31_format_checker).validate(value)

    def check_answer(self, method, path, answer):
        operation = self.document["paths"][path][method.lower()]
        self.seen.add((method, path))
        described = operation["responses"].get(str(answer.status_code))
        assert described is not None or answer.status_code >= 400, (method, path, answer.text)
        response = self.resolve(described or operation["responses"]["default"])
        if "content" not in response:
            assert answer.content == b"", (method, path)
            return
        kind = answer.headers["Content-Type"].split(";")[0]
        schema = response["content"][kind]["schema"]
        is_json = kind == "application/json"
        self.check(answer.json() if is_json else answer.text, closed(schema))
        if kind == "application/x-ndjson":
            for line in answer.text.splitlines():
                self.check(json.loads(line), {"$ref": "#/components/schemas/Record"})

    def names_of_parameters(self, operation, place):
        parameters = [self.resolve(p) for p in operation.get("parameters", [])]
        return {p["name"] for p in parameters if p["in"] == place}

    def properties_of_body(self, operation):
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        schema = self.resolve(schema)
        parts = [self.resolve(part) for part in schema.get("allOf", [schema])]
        return {name for part in parts for name in part.get("properties", {})}


@pytest.fixture
def surface():
    return Surface(published("owner-openapi.json"))


@pytest.fixture
def server(launch, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICES)
    return launch(None, "--price-list", str(prices))


@pytest.mark.parametrize("name", ["openapi.json", "owner-openapi.json"])
def test_the_document_is_right_by_the_schema_of_openapi(name):
    validate(published(name))


def test_the_server_serves_the_published_document(server, surface):
    assert Owner(server).get("/openapi.json") == surface.document


def test_every_bound_route_of_the_owners_listener_is_described(server, surface):
    metrics = requests.get(server.admin + "/metrics", timeout=TIMEOUT_S).text
    counted = re.findall(
        r'^sluice_http_request_seconds_count\{method="(\w*)",route="([^"]*)"\}', metrics, re.M
    )
    ours = {(m, p) for m, p in counted if p.startswith("/api/") or p.count("/") == 1}
    bound = {(method, path) for method, path in ours if method not in ("", "HEAD")}
    assert ("GET", "/api/v1/shares") in bound
    assert bound == {(method, path) for method, path, _ in surface.operations()}


def known_names(answer):
    assert answer.status_code == 400, (answer.request.url, answer.text)
    return set(re.search(r"known are (.*)", answer.json()["message"]).group(1).split(", "))


def test_bodies_have_the_fields_that_are_described_and_no_others(server, surface):
    owner = Owner(server)
    bodies = 0
    for method, path, operation in surface.operations():
        if "requestBody" not in operation:
            continue
        url = server.admin + re.sub(r"\{\w+\}", "any", path) + "?location=/any"
        answer = owner.session.request(method, url, json={UNKNOWN: 1}, timeout=TIMEOUT_S)
        assert known_names(answer) == surface.properties_of_body(operation), (method, path)
        bodies += 1
    assert bodies >= 15


def test_query_parameters_are_those_that_are_described(server, surface):
    owner = Owner(server)
    checked = 0
    for method, path, operation in surface.operations():
        described = surface.names_of_parameters(operation, "query")
        if not described or "folders" in path:
            continue
        answer = owner.session.request(
            method, server.admin + path, params={UNKNOWN: "1"}, timeout=TIMEOUT_S
        )
        assert known_names(answer) == described, (method, path)
        checked += 1
    assert checked == 5


class Walk:
    """Asks for one route after the other; each answer must be as described."""

    def __init__(self, server, surface):
        self.owner, self.server, self.surface = Owner(server), server, surface

    def __call__(self, method, path, status, names=None, **arguments):
        url = self.server.admin + path.format(**(names or {}))
        answer = self.owner.session.request(method, url, timeout=TIMEOUT_S, **arguments)
        assert answer.status_code == status, answer.text
        if "json" in arguments:
            operation = self.surface.document["paths"][path][method.lower()]
            body = operation["requestBody"]["content"]["application/json"]["schema"]
            self.surface.check(arguments["json"], body)
        self.surface.check_answer(method, path, answer)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.json() if is_json else answer

    def api(self, method, path, status, names=None, **arguments):
        return self(method, "/api/v1" + path, status, names, **arguments)


SHARE = dict(
    name="sales", displayName="Sales", comment="Daily", properties={"a": "b"}, region="eu",
    tags={"team": "one"}, schemas=["retail"], delivery="proxy", freshness="1s", serveStaleFor=5,
    purposeRequired=False, downloadsNeedToken=False,
)  # fmt: skip
RECIPIENT = dict(
    name="acme", comment="A buyer", attributes={"country": "FR"}, tags={"tier": "gold"},
    allowedNetworks=["127.0.0.0/8"], region="us", enabled=True, tokenLifetime="30d",
    expiresAt="2999-01-01T00:00:00Z", certificate={"subject": "CN=acme"},
    federation={"issuer": "corp", "audience": "sluice", "claims": {"sub": "acme"},
                "clientId": "acme", "tokenEndpoint": "https://id.example.com/token", "scope": "a"},
)  # fmt: skip


def put_what_there_is(walk, warehouse):
    """One of each thing, with each field set."""
    names = dict(share="sales", schema="retail", table="orders", recipient="acme", issuer="corp",
                 root="lake", principal="bob")  # fmt: skip
    orders = os.path.join(warehouse, "retail", "orders")
    walk.api("POST", "/shares", 201, json=SHARE)
    walk.api("PATCH", "/shares/{share}", 200, names, json={"comment": "Hourly"})
    table = dict(schema="retail", table="orders", location=orders, comment="c", delivery="proxy",
                 historyShared=True, startVersion=0, tags={"a": "b"}, unchecked=False)  # fmt: skip
    walk.api("POST", "/shares/{share}/tables", 201, names, json=table)
    walk.api("PATCH", "/shares/{share}/schemas/{schema}/tables/{table}", 200, names,
             json={"comment": "d"})  # fmt: skip
    folder = dict(location=warehouse, schema="all", aliases={"web/events": "web/clicks"})
    walk.api("POST", "/shares/{share}/folders", 201, names, json=folder)
    where = {"location": warehouse, "schema": "all"}
    walk.api("PATCH", "/shares/{share}/folders", 200, names, params=where, json={"comment": "f"})
    issuer = {"url": "https://id.example.com", "jwksUrl": "https://id.example.com/keys"}
    walk.api("PUT", "/issuers/{issuer}", 200, names, json=issuer)
    walk.api("POST", "/recipients", 201, json=RECIPIENT)
    walk.api("PATCH", "/recipients/{recipient}", 200, names, json={"comment": "one"})
    walk.api("PUT", "/shares/{share}/recipients/{recipient}", 204, names,
             json={"expiresAt": "2999-01-01T00:00:00Z"})  # fmt: skip
    walk.api("PUT", "/roots/{root}", 200, names,
             json={"location": warehouse, "region": "eu", "principals": ["bob"]})  # fmt: skip
    walk.api("PUT", "/principals/{principal}", 201, names,
             json={"role": "share_owner", "comment": "b", "lifetime": "1d"})  # fmt: skip
    walk.api("PUT", "/quotas", 200, json={"recipient": "acme", "share": "sales",
             "measure": "files", "window": "day", "limit": 1000})  # fmt: skip
    return names, where


def give_tokens_and_read(walk, names):
    body = {"comment": "c", "purpose": "p", "lifetime": "1d"}
    issued = walk.api("POST", "/recipients/{recipient}/tokens", 201, names, json=body)
    body = {"grace": "1h", "lifetime": 3600}
    rotated = walk.api("POST", "/recipients/{recipient}/rotation", 201, names, json=body)
    link = "/recipients/{recipient}/activation-links"
    walk.api("POST", link, 201, names, json={"comment": "c"})
    reader = Reader(rotated["profile"]["endpoint"], rotated["token"])
    answer = reader.query("sales", "retail", "orders", headers={"Sluice-Purpose": "test"})
    assert answer.status_code == 200
    token = {**names, "token": issued["id"]}
    walk.api("DELETE", "/recipients/{recipient}/tokens/{token}", 204, token)
    return answer.headers["X-Request-Id"]


def look_at_everything(walk, names, request):
    for path in ("/metrics", "/healthz", "/readyz"):
        walk("GET", path, 200)
    for path in ("/openapi.json", "/whoami", "/shares", "/recipients", "/principals", "/roots",
                 "/issuers", "/quotas", "/keys", "/audit/heads"):  # fmt: skip
        walk.api("GET", path, 200)
    walk.api("GET", "/shares/{share}", 200, names)
    walk.api("GET", "/recipients/{recipient}", 200, names)
    walk.api("GET", "/recipients/{recipient}/profile", 200, names)
    head = walk.api("GET", "/audit/heads", 200)["current"]
    walk.api("GET", "/audit/receipts/{request}", 200, {"request": request})
    walk.api("GET", "/audit/proofs/consistency", 200, params={"from": 1, "to": head["size"]})
    for order in ("newest", "oldest"):
        walk.api("GET", "/audit/records", 200, params={"order": order, "limit": 100})
    for form in ("json", "csv"):
        walk.api("GET", "/usage", 200, params={"format": form})
    for form in ("json", "csv", "focus", "table"):
        walk.api("GET", "/usage/cost", 200, params={"format": form})
    walk.api("POST", "/sql", 200, json={"sql": "SHOW SHARES; DESCRIBE SHARE sales;"})
    walk.api("POST", "/sql", 400, json={"sql": "SHOW SHARES; DROP SHARE none;"})


def take_everything_away(walk, names, where):
    quota = walk.api("GET", "/quotas", 200)["items"][0]["id"]
    walk.api("DELETE", "/quotas/{quota}", 204, {"quota": quota})
    walk.api("DELETE", "/shares/{share}/recipients/{recipient}", 204, names)
    walk.api("DELETE", "/shares/{share}/folders", 204, names, params=where)
    walk.api("DELETE", "/shares/{share}/schemas/{schema}/tables/{table}", 204, names)
    walk.api("DELETE", "/shares/{share}", 204, names)
    walk.api("DELETE", "/recipients/{recipient}", 204, names)
    walk.api("DELETE", "/roots/{root}", 204, names)
    walk.api("DELETE", "/issuers/{issuer}", 204, names)
    walk.api("DELETE", "/principals/{principal}", 204, names)
    walk.api("POST", "/keys/rotation", 200)
    walk.api("GET", "/shares/{share}", 404, names)


def test_what_the_server_answers_is_what_is_described(server, surface, warehouse):
    walk = Walk(server, surface)
    names, where = put_what_there_is(walk, warehouse)
    request = give_tokens_and_read(walk, names)
    wait_for_usage(walk.owner)
    look_at_everything(walk, names, request)
    take_everything_away(walk, names, where)
    described = {(method, path) for method, path, _ in surface.operations()}
    assert described - surface.seen == set()


def wait_for_usage(owner):
    wait_until(lambda: owner.get("/usage")["items"], what="usage is added up")


def test_what_is_not_described_is_found(surface):
    """The checks above can fail."""
    key = {"$ref": "#/components/schemas/Issuer"}
    good = {"id": "1", "name": "corp", "url": "https://id.example.com"}
    surface.check(good, key)
    for bad in ({**good, "more": 1}, {"id": "1", "name": "corp"}, {**good, "url": 7}):
        with pytest.raises(ValidationError):
            surface.check(bad, key)
