"""Catalogs of thousands of shares and recipients, and thousands of requests to them."""

import base64
import contextlib
import hashlib
import os
import re
import socket
import sqlite3

PIPELINED = 50  # requests sent before their answers are read: less than a socket's buffer holds
TIMEOUT_S = 60
CACHE_KB = 200_000  # for the indexes of a million rows
MAX_BLOCK_BYTES = 1 << 20
MAX_HEAD_BYTES = 1 << 16
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.I)


class CatalogRows:
    """The catalog in the data directory of a server that is not running. What the server wrote for
    one object is copied for many others: by its API that would take minutes."""

    def __init__(self, data_dir):
        self.data_dir = data_dir

    def __enter__(self):
        self.database = sqlite3.connect(os.path.join(self.data_dir, "catalog.db"))
        self.database.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        return self

    def __exit__(self, *_):
        self.database.commit()
        self.database.close()

    def clone(self, table, key, columns, rows):
        """Copies the one row of `table` in which the columns of `key` have its values, once for each
        of `rows`: what `columns` hold in the copy."""
        where = " AND ".join(f"{column} = ?" for column in key)
        cursor = self.database.execute(f"SELECT * FROM {table} WHERE {where}", list(key.values()))
        names = [column[0] for column in cursor.description]
        [template] = cursor.fetchall()
        same = [(name, value) for name, value in zip(names, template) if name not in columns]
        values = tuple(value for _, value in same)
        names = [*columns, *(name for name, _ in same)]
        marks = ", ".join("?" * len(names))
        self.database.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",
            (row + values for row in rows),
        )

    def id_of(self, table, name):
        found = self.database.execute(f"SELECT id FROM {table} WHERE folded = ?", (name,))
        return found.fetchone()[0]

    def shares(self, names, template):
        """Shares like `template`, with its table. The id of `x` is `id-x`, of its table `x/table`."""
        share = self.id_of("shares", template)
        rows = ((f"id-{name}", name, name) for name in names)
        self.clone("shares", {"id": share}, ("id", "name", "folded"), rows)
        rows = ((f"id-{name}", f"{name}/table") for name in names)
        self.clone("entries", {"share_id": share}, ("share_id", "id"), rows)

    def recipients(self, names, template):
        """Recipients like `template`, each with a token: that of `x` is token_of(x)."""
        recipient = self.id_of("recipients", template)
        rows = ((f"id-{name}", name, name) for name in names)
        self.clone("recipients", {"id": recipient}, ("id", "name", "folded"), rows)
        rows = ((f"token-{name}", f"id-{name}", digest(name)) for name in names)
        columns = ("id", "recipient_id", "sha256")
        self.clone("tokens", {"recipient_id": recipient}, columns, rows)

    def grants(self, pairs, template):
        """Grants like the one that the recipient `template` has: (recipient, share), by name."""
        key = {"recipient_id": self.id_of("recipients", template)}
        rows = ((f"id-{recipient}", f"id-{share}") for recipient, share in pairs)
        self.clone("grants", key, ("recipient_id", "share_id"), rows)


def token_of(name):
    return f"sluice_test_{name}"


def digest(name):
    """As the catalog keeps it."""
    text = base64.urlsafe_b64encode(hashlib.sha256(token_of(name).encode()).digest())
    return text.decode().rstrip("=")


class Answered:
    """What came for one request."""

    def __init__(self, status, head, body):
        self.status, self.head, self.body = status, head, body


class Line:
    """A connection over which requests go out many at a time. It parses as little as it can."""

    def __init__(self, address):
        host, port = address.split(":")
        self.host = f"Host: {address}\r\n"
        self.socket = socket.create_connection((host, int(port)), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()

    def close(self):
        self.socket.close()

    def encode(self, method, path, token):
        body = "{}" if method == "POST" else ""
        kind = "Content-Type: application/json\r\n" if body else ""
        return (
            f"{method} /delta-sharing{path} HTTP/1.1\r\n{self.host}Authorization: Bearer {token}\r\n"
            f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def ask(self, requests):
        """`requests`: (method, path, token), and behind them what else the caller wants to know of
        them. Yields each beside its answer, in order."""
        waiting = []
        for request in requests:
            waiting.append(request)
            if len(waiting) == PIPELINED:
                yield from self.exchange(waiting)
                waiting = []
        yield from self.exchange(waiting)

    def exchange(self, requests):
        self.socket.sendall(b"".join(self.encode(*request[:3]) for request in requests))
        for request in requests:
            yield request, self.next_answer(request[0] == "HEAD")

    def next_answer(self, is_head):
        while (end := self.received.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)) < 0:
            self.receive()
        head = bytes(self.received[:end])
        length = LENGTH.search(head)
        if length is None:
            raise AssertionError(f"an answer without its length: {head!r}")
        whole = end + 4 + (0 if is_head else int(length[1]))
        while len(self.received) < whole:
            self.receive()
        body = bytes(self.received[end + 4 : whole])
        del self.received[:whole]
        return Answered(int(head[9:12]), head, body)

    def receive(self):
        block = self.socket.recv(MAX_BLOCK_BYTES)
        if not block:
            raise AssertionError("the connection was cut")
        self.received += block


@contextlib.contextmanager
def line_to(server):
    line = Line(server.address("recipients"))
    try:
        yield line
    finally:
        line.close()
