"""Sends one request of a scenario and compares the answer."""

import gzip
import http.client
import itertools
import json
import re
import ssl
import time
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from matcher import body_differences, header_difference

TIMEOUT_S = 60
RETRY_S = 0.1
SHOWN_BYTES = 2000


class Variables:
    """What earlier answers gave, for ${name} and ${name|filter}."""

    def __init__(self, values):
        self.values = dict(values)

    def fill(self, text):
        return re.sub(r"\$\{(\w+)((?:\|[^}|]+)*)\}", self.replace, text)

    def replace(self, match):
        if match[1] not in self.values:
            raise KeyError(f"the variable {match[1]} was not saved")
        value = str(self.values[match[1]])
        for name in filter(None, match[2].split("|")):
            value = apply_filter(value, name)
        return value


def apply_filter(value, name):
    """path, query, folder and name (of the path), quoted (all that may be), flip (last character
    changed), json (escaped for a JSON string), param:PARAMETER, without:PARAMETER and
    set:PARAMETER=VALUE."""
    base, _, query = value.partition("?")
    kind, _, argument = name.partition(":")
    if kind == "path":
        return base
    if kind == "query":
        return query
    if kind == "name":
        return base.rpartition("/")[2]
    if kind == "json":
        return json.dumps(value)[1:-1]
    if kind == "folder":
        return base.rpartition("/")[0]
    if kind == "upper":
        return value.upper()
    if kind == "quoted":
        scheme, rest = base.split("://")
        return scheme + "://" + quote(unquote(rest), safe="/:")
    if kind == "flip":
        return value[:-1] + ("1" if value[-1] == "0" else "0")
    if kind == "param":
        return dict(parse_qsl(query, keep_blank_values=True))[argument]
    pairs = [p for p in query.split("&") if p.partition("=")[0] != argument.partition("=")[0]]
    if kind == "without":
        return base + "?" + "&".join(pairs)
    if kind == "set":
        return base + "?" + "&".join(pairs + [argument])
    raise KeyError(f"unknown filter {name}")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {}
        for name, value in response.getheaders():
            self.headers.setdefault(name.lower(), value)
        self.body = response.read()
        if self.headers.get("content-encoding") == "gzip" and self.body:
            self.body = gzip.decompress(self.body)

    def lines(self):
        return [line for line in self.body.decode("utf-8", "replace").split("\n") if line.strip()]

    def describe(self):
        head = "\n".join([str(self.status)] + [f"{k}: {v}" for k, v in self.headers.items()])
        body = self.body[:SHOWN_BYTES].decode("utf-8", "replace")
        more = f"\n… {len(self.body)} bytes" if len(self.body) > SHOWN_BYTES else ""
        return head + "\n\n" + body + more


class Target:
    """Where requests go: a server of our own or any endpoint, and the tokens by recipient's
    name."""

    def __init__(self, endpoint, tokens, admin=None):
        self.endpoint, self.tokens, self.admin = endpoint.rstrip("/"), tokens, admin

    def url(self, text):
        if text.startswith("admin:"):
            return self.admin + text.removeprefix("admin:")
        if text.startswith("root:"):
            parts = urlsplit(self.endpoint)
            return f"{parts.scheme}://{parts.netloc}" + text.removeprefix("root:")
        return self.endpoint + text if text.startswith("/") else text


def send(exchange, target, variables):
    """The answer to one request. The URL goes out as written: nothing is normalised."""
    url = target.url(variables.fill(exchange.target))
    parts = urlsplit(url)
    path = url.split("://", 1)[1].partition("/")[2]
    body = variables.fill("\n".join(exchange.body)).encode() if exchange.body else None
    headers = {name: variables.fill(value) for name, value in exchange.headers}
    # A signed URL must work for whoever holds it, so it is asked for without the token.
    if exchange.who and target.tokens.get(exchange.who) and exchange.target.startswith("/"):
        headers.setdefault("Authorization", "Bearer " + target.tokens[exchange.who])
    if body is not None:
        headers.setdefault("Content-Type", "application/json; charset=utf-8")
    elif exchange.method == "POST":
        body = b""
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.netloc, timeout=TIMEOUT_S, context=ssl._create_unverified_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request(exchange.method, "/" + path, body=body, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def compare(exchange, answer, variables):
    """What differs from the expectation, as sentences."""
    found = []
    if answer.status not in exchange.statuses:
        expected = " or ".join(map(str, exchange.statuses))
        found.append(f"status: expected {expected}, got {answer.status}")
    for name, pattern in exchange.expected_headers:
        difference = header_difference(
            name, variables.fill(pattern), answer.headers.get(name.lower())
        )
        found += [difference] if difference else []
    if exchange.size_bytes is not None and len(answer.body) != exchange.size_bytes:
        found.append(f"body: expected {exchange.size_bytes} bytes, got {len(answer.body)}")
    if exchange.lines:
        lines = [type(l)(variables.fill(l.text), l.raw, l.exactly) for l in exchange.lines]
        found += body_differences(lines, answer.lines())
    return found


def save_values(exchange, answer, variables):
    for save in exchange.saves:
        if save.header:
            variables.values[save.name] = answer.headers[save.header.lower()]
            continue
        if not save.path:
            variables.values[save.name] = answer.lines()[save.nth - 1]
            continue
        found = [
            v
            for v in (lookup(json.loads(line), save.path) for line in answer.lines())
            if v is not None
        ]
        if len(found) < save.nth:
            raise KeyError(f"no {save.path} #{save.nth} in the answer")
        variables.values[save.name] = found[save.nth - 1]


def lookup(value, path):
    """The value at `a.0.b`, or None."""
    for key in path.split("."):
        if isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return None
    return value


def run_exchange(exchange, target, variables):
    """Sends, compares, saves. Returns a report of what differs, or an empty string."""
    end = time.monotonic() + exchange.eventually_s
    for attempt in itertools.count(1):
        variables.values["ATTEMPT"] = attempt
        try:
            answer = send(exchange, target, variables)
        except (OSError, http.client.HTTPException) as error:
            return f"no answer: {error!r}"
        found = compare(exchange, answer, variables)
        if not found or time.monotonic() >= end:
            break
        time.sleep(RETRY_S)
    if not found:
        save_values(exchange, answer, variables)
        return ""
    return "\n".join(
        ["  " + d for d in found]
        + ["  -- the answer was --"]
        + ["  | " + line for line in answer.describe().splitlines()]
    )
