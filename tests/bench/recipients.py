"""What recipients cost who do nothing, and what others' shares cost those who ask."""

import os
import statistics
import time

import load
from report import Row
from support import process
from support.many import CatalogRows, line_to, token_of
from support.server import REPOSITORY, Server, copy_tables

FEW, MANY = 10_000, 60_000
GRANTED = 3
LISTS = 20_000
PAIRS = 5_000


class Owned:
    """A data directory in which the owner made a share, a recipient and a grant, for copying."""

    def __init__(self, bench, name):
        self.folder = os.path.join(bench.folder, name)
        tables = os.path.join(bench.folder, name + "-tables")
        copy_tables(os.path.join(REPOSITORY, "examples", "warehouse"), tables)
        self.location = os.path.join(tables, "retail", "orders")
        with self.serve() as server:
            owner = load.OwnerLine(server)
            owner.ask("POST", "/shares", {"name": "template"})
            table = {"schema": "retail", "table": "orders", "location": self.location}
            owner.ask("POST", "/shares/template/tables", table)
            owner.ask("POST", "/recipients", {"name": "template"})
            owner.ask("PUT", "/shares/template/recipients/template", {})
            owner.ask("POST", "/recipients/template/tokens", {})
            owner.close()

    def serve(self, *arguments):
        return Server(None, self.folder, arguments)

    def rows(self):
        return CatalogRows(self.folder)


def memory_of(bench, count):
    """Resident megabytes with `count` recipients: at the start, and after each was counted."""
    owned = Owned(bench, f"recipients{count}")
    names = [f"recipient{number:06}" for number in range(count)]
    with owned.rows() as rows:
        rows.shares(["common"], "template")
        rows.recipients(names, "template")
        rows.grants(((name, "common") for name in names), "template")
    # Records would count otherwise: those on their way to the store.
    with owned.serve("--audit", "off") as server:
        at_start = process.memory_mb(server.process.pid, "VmRSS")
        owner = load.OwnerLine(server)
        quota = {"measure": "requests", "limit": 1_000_000, "window": "day"}
        owner.ask("PUT", "/quotas", quota)
        owner.close()
        with line_to(server) as line:
            for _, answer in line.ask(("GET", "/shares", token_of(name)) for name in names):
                if answer.status != 200:
                    raise load.BenchError(f"a list: {answer.head}")
        return at_start, process.memory_mb(server.process.pid, "VmRSS")


def measure_memory(bench):
    """The difference between two servers, so that what every server needs does not count. Each
    recipient has a token and a grant; a quota counts each one's requests of the day."""
    few, many = memory_of(bench, FEW), memory_of(bench, MANY)
    for what, less, more in zip(("at the start", "after a request of each, with a quota"), few, many):
        yield Row(what, "KB", (more - less) * 1024 / (MANY - FEW), below=2)


def measure_grants(bench):
    """CPU time of a list of three shares among few and among many, and how long what is not granted
    and what is not there take, asked in turns."""
    counts = (10, 10_000) if bench.options.quick else (10, 100_000)
    lists = [list_cpu(bench, count) for count in counts]
    for count, cpu in zip(counts, lists):
        yield Row(f"list of {GRANTED} shares among {count:,}", "ms", cpu, None, cpu)
    yield Row("ratio", "", lists[1] / lists[0], below=1.5)
    yield from not_granted(bench)


def list_cpu(bench, count):
    owned = Owned(bench, f"shares{count}")
    names = [f"share{number:06}" for number in range(count)]
    with owned.rows() as rows:
        rows.shares(names, "template")
        rows.recipients(["reader"], "template")
        rows.grants([("reader", name) for name in names[:GRANTED]], "template")
    with owned.serve() as server, line_to(server) as line:
        pid, least = server.process.pid, None
        for _ in range(3):
            before = process.cpu_ms(pid)
            for _, answer in line.ask([("GET", "/shares", token_of("reader"))] * LISTS):
                if answer.body.count(b'"name"') != GRANTED:
                    raise load.BenchError(f"a list: {answer.body[:300]}")
            cpu = (process.cpu_ms(pid) - before) / LISTS
            least = cpu if least is None else min(least, cpu)
        return least


def not_granted(bench):
    owned = Owned(bench, "guesses")
    with owned.rows() as rows:
        rows.recipients(["reader"], "template")
    with owned.serve() as server, line_to(server) as line:
        for what, method, path in (("version", "GET", "/version"), ("query", "POST", "/query")):
            times = {"template": [], "nobodys_": []}
            for _ in range(PAIRS):
                for share, taken in times.items():
                    table = f"/shares/{share}/schemas/retail/tables/orders{path}"
                    begin = time.perf_counter()
                    [(_, answer)] = line.exchange([(method, table, token_of("reader"))])
                    taken.append(time.perf_counter() - begin)
                    if answer.status != 404:
                        raise load.BenchError(f"{share}: {answer.head}")
            hidden, missing = (statistics.median(taken) * 1e3 for taken in times.values())
            yield Row(f"{what} of a table not granted", "ms", hidden)
            yield Row("  of one that is not there", "ms", missing)
            yield Row("  ratio", "", hidden / missing)
