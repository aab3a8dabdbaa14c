"""Requests for measuring: one at a time over a bare socket, or many at once with wrk."""

import json
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time
from typing import NamedTuple

from support import process

TIMEOUT_S = 60
MAX_BLOCK_BYTES = 1 << 20
DONE = r"""
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\n@@{"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


class BenchError(Exception):
    """A part could not be measured: the server's answer was not what it should be."""


class Query(NamedTuple):
    """A request to be measured."""

    path: str
    body: dict | None = None  # posted as JSON


class Answer(NamedTuple):
    first_byte_ms: float
    total_ms: float
    head: str
    body: bytearray


class Line:
    """One connection to HOST:PORT. It parses as little as it can, so that the client's own work
    does not count: an answer ends with its Content-Length or with the last chunk."""

    def __init__(self, address):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        self.socket.close()

    def send(self, request, what, good=(200,)):
        """Sends the bytes of a request, whose answer must have one of the statuses."""
        started = time.perf_counter()
        self.socket.sendall(request)
        received = bytearray(self.socket.recv(MAX_BLOCK_BYTES))
        first_byte = time.perf_counter()
        while not is_complete(received):
            block = self.socket.recv(MAX_BLOCK_BYTES)
            if not block:
                raise BenchError(f"{what}: the connection was cut")
            received += block
        ended = time.perf_counter()
        head, _, body = received.partition(b"\r\n\r\n")
        head = head.decode("latin-1")
        if int(head[9:12]) not in good:
            raise BenchError(f"{what}: {head.splitlines()[0]} {bytes(body[:300])}")
        return Answer((first_byte - started) * 1e3, (ended - started) * 1e3, head, body)


class Connection(Line):
    """One connection of a recipient."""

    def __init__(self, server, token=None):
        super().__init__(server.address("recipients"))
        self.token = token or server.token()

    def encode(self, query):
        body = b"" if query.body is None else json.dumps(query.body).encode()
        head = (
            f"{'GET' if query.body is None else 'POST'} /delta-sharing{query.path} HTTP/1.1\r\n"
            f"Host: bench\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def ask(self, query):
        return self.send(self.encode(query), query.path)


class OwnerLine(Line):
    """The owner's REST surface over one bare connection: the client's own work should not count."""

    def __init__(self, server):
        super().__init__(server.address("admin"))
        with open(os.path.join(server.data_dir, "admin.token"), encoding="utf-8") as file:
            self.head = f"Host: bench\r\nAuthorization: Bearer {file.read().strip()}\r\n"

    def ask(self, method, path, fields):
        body = json.dumps(fields)
        request = (
            f"{method} /api/v1{path} HTTP/1.1\r\n{self.head}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        return json.loads(self.send(request.encode(), path, (200, 201, 204)).body or b"null")


def is_complete(received):
    end_of_head = received.find(b"\r\n\r\n", 0, 8192)
    if end_of_head < 0:
        return False
    if received[9:12] == b"204":  # has no body and says no length
        return True
    length = re.search(rb"\r\ncontent-length: (\d+)", received[:end_of_head], re.I)
    if length:
        return len(received) >= end_of_head + 4 + int(length[1])
    return received.endswith(b"\r\n0\r\n\r\n")


def one_by_one(server, query, times, warm_up=2):
    """Medians over `times` requests of one client, and the least total; CPU is the server's."""
    connection = Connection(server)
    for _ in range(warm_up):
        connection.ask(query)
    cpu_before = process.cpu_ms(server.process.pid)
    answers = [connection.ask(query)[:2] for _ in range(times)]
    cpu = process.cpu_ms(server.process.pid) - cpu_before
    connection.close()
    totals = [total for _, total in answers]
    return {
        "first_byte_ms": statistics.median(first for first, _ in answers),
        "median_ms": statistics.median(totals),
        "min_ms": min(totals),
        "cpu_ms": cpu / times,
    }


def wrk(server, query, connections, seconds, token=None):
    """One run of wrk with one thread, since the server needs the machine."""
    lua = [f"wrk.method = '{'GET' if query.body is None else 'POST'}'"]
    if query.body is not None:
        lua.append(f"wrk.body = [==[{json.dumps(query.body)}]==]")
        lua.append("wrk.headers['Content-Type'] = 'application/json'")
    lua.append(f"wrk.headers['Authorization'] = 'Bearer {token or server.token()}'")
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as script:
        script.write("\n".join(lua) + DONE)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{TIMEOUT_S}s"]
    command += ["-s", script.name, server.endpoint + query.path]
    cpu_before = process.cpu_ms(server.process.pid)
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        os.unlink(script.name)
    cpu = process.cpu_ms(server.process.pid) - cpu_before
    summary = re.search(r"^@@(.*)$", run.stdout, re.M)
    figures = json.loads(summary[1]) if summary else {"errors": 1, "requests": 0}
    if figures["errors"] or not figures["requests"]:
        raise BenchError(f"wrk {query.path}: {run.stdout[-300:]}{run.stderr[-300:]}")
    figures["per_second"] = figures["requests"] / figures["seconds"]
    figures["cpu_ms"] = cpu / figures["requests"]
    return figures
