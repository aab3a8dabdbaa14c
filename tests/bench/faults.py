"""Part of the run: a store of whose requests some fail and some are slow. Sluice asks again, so
recipients shall wait longer and see no error."""

import concurrent.futures
import os
import random
import socket
import statistics
import sys
import threading
import time
from urllib.parse import urlsplit

import load
import make_tables
from lake import table_path
from load import Query
from report import Row
from support.lake import files_of
from support.relay import PIECE_BYTES, Relay, shut_down

SEED = 5
FAILING, SLOW, SLOW_S = 0.01, 0.05, 2.0
KINDS = ("500", "503", "cut", "short")
SHORT_BYTES = {True: 1 << 20, False: 100}  # of an answer that is cut short: of a file, of others
REFUSAL = (
    b"HTTP/1.1 %s Refused\r\nContent-Type: application/xml\r\nContent-Length: 45\r\n\r\n"
    b"<Error><Code>SlowDown</Code><Key>k</Key></Error>"
)
FILE_BYTES = 4 << 20
RECIPIENTS = 16  # each with a table of its own, since requests for one table share their looks
DOWNLOAD_EVERY = 5


class FaultyRelay(Relay):
    """Until told so by `faulty` it hands on everything."""

    def __init__(self, port):
        super().__init__(port)
        self.random, self.faulty = random.Random(SEED), False
        self.failed, self.slow = dict.fromkeys(KINDS, 0), 0

    def choose(self):
        """What becomes of the next request: one of KINDS, "slow" or None."""
        with self.lock:
            number = self.random.random() if self.faulty else 1
            if number < FAILING:
                kind = self.random.choice(KINDS)
                self.failed[kind] += 1
                return kind
            if number < FAILING + SLOW:
                self.slow += 1
                return "slow"
        return None

    def serve(self, client):
        with Exchange(self, client) as exchange:
            exchange.run()


class Exchange:
    """A connection of Sluice, which sends a request when it has the answer to the last."""

    def __init__(self, relay, client):
        self.relay, self.client = relay, client
        self.left_bytes = None  # of the answer, until it is cut

    def __enter__(self):
        self.store = socket.create_connection(self.relay.target)
        self.back = threading.Thread(target=self.copy_answers, daemon=True)
        self.back.start()
        return self

    def __exit__(self, *_):
        shut_down(self.store)
        self.back.join()
        self.store.close()

    def run(self):
        head = b""
        while piece := self.client.recv(PIECE_BYTES):
            head += piece
            if not head.endswith(b"\r\n\r\n"):
                continue
            kind = self.relay.choose()
            if kind == "cut":
                return
            if kind in ("500", "503"):
                self.client.sendall(REFUSAL % kind.encode())
            else:
                if kind == "slow":
                    time.sleep(SLOW_S)
                is_file = b".parquet" in head.split(b"\r\n")[0]
                self.left_bytes = SHORT_BYTES[is_file] if kind == "short" else None
                self.store.sendall(head)
            head = b""

    def copy_answers(self):
        try:
            while piece := self.store.recv(PIECE_BYTES):
                if self.left_bytes is not None:
                    piece = piece[: self.left_bytes]
                    self.left_bytes -= len(piece)
                self.client.sendall(piece)
                if self.left_bytes == 0:
                    break
        except OSError:
            pass  # one side went away
        finally:
            shut_down(self.client)


class Recipient:
    """Asks for one table's files again and again, and now and then downloads its only one."""

    def __init__(self, server, name, content):
        self.server, self.content = server, content
        self.query = Query(table_path(name) + "/query", {})
        link = urlsplit(files_of(server.query(name))[0]["url"])
        self.file = Query(f"{link.path.removeprefix('/delta-sharing')}?{link.query}")
        self.connection = load.Connection(server)
        self.times = {"queries": [], "downloads": []}
        self.errors = []

    def run(self, times):
        for i in range(times):
            self.ask("queries", self.query, lambda body: body.count(b'{"file":') == 1)
            if i % DOWNLOAD_EVERY == 0:
                self.ask("downloads", self.file, lambda body: body == self.content)
        self.connection.close()
        return self

    def ask(self, kind, query, is_right):
        try:
            answer = self.connection.ask(query)
            self.times[kind].append(answer.total_ms)
            if not is_right(answer.body):
                self.errors.append(f"{query.path}: the wrong bytes")
        except (load.BenchError, OSError) as error:
            self.errors.append(str(error))
            self.connection.close()
            self.connection = load.Connection(self.server)


def measure_faults(bench):
    """The same requests through the same relay, without faults and with them."""
    lake, times = bench.lake(), 20 if bench.options.quick else 200
    root = make_tables.make_download(bench.cache, FILE_BYTES)
    tables = {
        f"t{i}": {"location": lake.add(root, f"t{i}"), "delivery": "proxy"}
        for i in range(RECIPIENTS)
    }
    with open(os.path.join(root, "data.parquet"), "rb") as file:
        content = file.read()
    with FaultyRelay(lake.store.port) as relay, lake.serve(tables, relay) as server:
        for relay.faulty in (False, True):
            recipients = [Recipient(server, name, content) for name in tables]
            yield from fault_rows(relay, recipients, times)


def fault_rows(relay, recipients, times):
    with concurrent.futures.ThreadPoolExecutor(len(recipients)) as pool:
        done = list(pool.map(lambda recipient: recipient.run(times), recipients))
    errors = [error for recipient in done for error in recipient.errors]
    if relay.faulty:
        yield Row("requests that failed", "", sum(relay.failed.values()))
        yield Row(f"requests that took {SLOW_S:.0f} s", "", relay.slow)
    ending = "with faults" if relay.faulty else "without"
    for kind in ("queries", "downloads"):
        took = [ms for recipient in done for ms in recipient.times[kind]]
        cuts = statistics.quantiles(took, n=100)
        yield Row(f"{len(took):,} {kind} {ending}, half within", "ms", cuts[49])
        yield Row("  99 of 100 within", "ms", cuts[98])
    yield Row(f"errors {ending}", "", len(errors), below=0)
    for error in errors[:5]:
        print(error, file=sys.stderr)
