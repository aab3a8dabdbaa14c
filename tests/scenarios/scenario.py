"""Reads `*.test` files: requests and the answers expected of any Delta Sharing server.

# comment
config: server.yaml | serve: FOLDER      which server (before the first request)
arguments: --url-lifetime 1s             more arguments for it
as NAME                                  who asks, from recipients.yaml; stays until the next `as`
eventually 20s                           repeat the next request until it fits, at most so long
METHOD TARGET                            /path below the endpoint, root:/path, admin:/path or ${url}
Header: value
body
----
status (200, or 403|404)
header: value
{"json": "line"} | a raw line after "| " | ... | empty | 12 bytes
save NAME = path.in.body [#2] | header NAME | line 2
"""

import dataclasses
import re

from matcher import parse_json

REQUEST = re.compile(r"(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS) (\S+)")
HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): ?(.*)")
DIRECTIVE = re.compile(r"(config|serve|arguments): (.+)")
SAVE = re.compile(r"save (\w+) = (?:header (\S+)|line (\d+)|(\S+?)(?: #(\d+))?)")


class ScenarioError(Exception):
    """The file itself is wrong; the text names file and line."""


@dataclasses.dataclass
class Line:
    """One expected line of the body. Its text is parsed late: variables are put in first."""

    text: str
    raw: bool = False
    exactly: bool = False

    def value(self):
        return parse_json(self.text)


@dataclasses.dataclass
class Save:
    name: str
    header: str | None
    path: str | None  # none for a whole line, the nth
    nth: int = 1


@dataclasses.dataclass
class Exchange:
    """One request and the answer expected."""

    line: int
    who: str | None
    method: str
    target: str
    eventually_s: float = 0
    headers: list = dataclasses.field(default_factory=list)
    body: list = dataclasses.field(default_factory=list)
    statuses: list = dataclasses.field(default_factory=list)
    expected_headers: list = dataclasses.field(default_factory=list)
    lines: list = dataclasses.field(default_factory=list)
    size_bytes: int | None = None
    saves: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Scenario:
    name: str
    config: str = "server.yaml"
    serve: str | None = None
    arguments: str = ""
    exchanges: list = dataclasses.field(default_factory=list)

    def server_key(self):
        return (self.serve or self.config, self.arguments)


class Parser:
    """One pass over the lines; `step` is the method that takes the next one."""

    def __init__(self, name):
        self.scenario = Scenario(name)
        self.who, self.eventually_s, self.exchange = None, 0, None
        self.step = self.between

    def parse(self, text):
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                self.step(line.rstrip(), number)
            except ValueError as error:
                raise ScenarioError(f"{self.scenario.name}:{number}: {error}") from error
        last = self.exchange
        if last is None or not last.statuses:
            raise ScenarioError(f"{self.scenario.name}: ends before a status is expected")
        return self.scenario

    def between(self, line, number):
        """Outside of a request: directives, who asks, and the next request line."""
        directive, request = DIRECTIVE.fullmatch(line), REQUEST.fullmatch(line)
        if not line or line.startswith("#"):
            return
        if directive and not self.scenario.exchanges:
            setattr(self.scenario, directive[1], directive[2])
        elif line.startswith("as "):
            self.who = line.split()[1]
        elif re.fullmatch(r"eventually \d+s", line):
            self.eventually_s = float(line.split()[1][:-1])
        elif request:
            self.exchange = Exchange(number, self.who, request[1], request[2], self.eventually_s)
            self.scenario.exchanges.append(self.exchange)
            self.eventually_s, self.step = 0, self.request_headers
        else:
            raise ValueError(f"expected a request, got {line!r}")

    def request_headers(self, line, number):
        header = HEADER.fullmatch(line)
        if header:
            self.exchange.headers.append((header[1], header[2]))
            return
        self.step = self.request_body
        if line:
            self.request_body(line, number)

    def request_body(self, line, _):
        if line == "----":
            self.step = self.status
        else:
            self.exchange.body.append(line)

    def status(self, line, _):
        if not line or line.startswith("#"):
            return
        self.exchange.statuses = [int(s) for s in line.split("|")]
        self.step = self.answer_headers

    def answer_headers(self, line, number):
        header = HEADER.fullmatch(line)
        if header:
            self.exchange.expected_headers.append((header[1], header[2]))
            return
        self.step = self.answer_body
        self.answer_body(line, number)

    def answer_body(self, line, number):
        save, size = SAVE.fullmatch(line), re.fullmatch(r"(\d+) bytes", line)
        if not line or line.startswith("#"):
            return
        if line.startswith(("as ", "eventually ")) or REQUEST.fullmatch(line):
            self.step = self.between
            self.between(line, number)
        elif save:
            self.exchange.saves.append(
                Save(save[1], save[2], save[4], int(save[3] or save[5] or 1))
            )
        elif size or line == "empty":
            self.exchange.size_bytes = int(size[1]) if size else 0
        elif line.startswith("| "):
            self.exchange.lines.append(Line(line[2:], raw=True))
        elif line == "..." or line[0] in "{[":
            exactly = line.endswith(" exactly")
            self.exchange.lines.append(Line(line.removesuffix(" exactly"), exactly=exactly))
        else:
            raise ValueError(f"expected a line of the answer, got {line!r}")


def parse_scenario(name, text):
    return Parser(name).parse(text)
