"""What knowing, counting and recording who asks costs a request."""

import contextlib
import os
import re
import statistics
import time
import urllib.request

import load
from recipients import Owned
from report import Row
from support import process
from support.many import line_to, token_of
from support.server import Server

OTHERS = 1_000
ROUNDS = 4_000
SHIP_LIMIT_S = 120
QUOTAS = (("requests", "second"), ("requests", "day"), ("files", "day"), ("bytes", "day"))
PLAIN = """version: 1
shares:
- name: common
  schemas:
  - name: retail
    tables:
    - {{name: orders, location: {location}}}
"""
# A table's version needs no record on disk before it is told; a query does.
QUESTIONS = (
    ("list of shares", "GET", "/shares"),
    ("version of a table", "GET", "/shares/common/schemas/retail/tables/orders/version"),
    ("query, its record synced", "POST", "/shares/common/schemas/retail/tables/orders/query"),
)


@contextlib.contextmanager
def governed(bench):
    """A server with 1,000 recipients, of whom one asks; four quotas count what it does."""
    owned = Owned(bench, f"governed{bench.starts}")
    bench.starts += 1
    names = ["reader", *(f"recipient{number:04}" for number in range(OTHERS))]
    with owned.rows() as rows:
        rows.shares(["common"], "template")
        rows.recipients(names, "template")
        rows.grants(((name, "common") for name in names), "template")
    with owned.serve() as server:
        owner = load.OwnerLine(server)
        for measure, window in QUOTAS:
            quota = {"measure": measure, "limit": 1_000_000_000_000, "window": window}
            owner.ask("PUT", "/quotas", quota)
        owner.close()
        yield owned, server


@contextlib.contextmanager
def plain(bench, owned):
    """One that shares the same table with everybody and records nothing."""
    config = os.path.join(bench.folder, "plain.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(PLAIN.format(location=owned.location))
    with Server(config, os.path.join(bench.folder, "plain"), ["--audit", "off"]) as server:
        yield server


def measure_added(bench):
    """Two servers asked in turns by one client each, so that both have the same minute."""
    rounds = ROUNDS // 10 if bench.options.quick else ROUNDS
    with contextlib.ExitStack() as stack:
        owned, full = stack.enter_context(governed(bench))
        bare = stack.enter_context(plain(bench, owned))
        to_bare, to_full = (stack.enter_context(line_to(server)) for server in (bare, full))
        for what, method, path in QUESTIONS:
            lines = {bare: (to_bare, "none"), full: (to_full, token_of("reader"))}
            figures = in_turns(lines, method, path, rounds)
            without, added = figures[bare], figures[full][0] - figures[bare][0]
            yield Row(f"{what}, by anybody", "ms", without[0], None, without[1])
            yield Row("  by one of 1,000 recipients", "ms", figures[full][0], None, figures[full][1])
            is_synced = what.startswith("query")
            yield Row("  which adds", "ms", added, below=None if is_synced else 0.05)


def in_turns(lines, method, path, rounds):
    """By server: the median in milliseconds, and its CPU time for one request."""
    times = {server: [] for server in lines}
    before = {server: process.cpu_ms(server.process.pid) for server in lines}
    for _ in range(rounds):
        for server, (line, token) in lines.items():
            begin = time.perf_counter()
            [(_, answer)] = line.exchange([(method, path, token)])
            times[server].append(time.perf_counter() - begin)
            if answer.status != 200:
                raise load.BenchError(f"{path}: {answer.head} {answer.body[:300]}")
    return {
        server: (
            statistics.median(taken) * 1e3,
            (process.cpu_ms(server.process.pid) - before[server]) / rounds,
        )
        for server, taken in times.items()
    }


def measure_sustained(bench):
    """Lists with a record each. wrk, the server and what ships the records share the cores."""
    seconds = 3 if bench.options.quick else 30
    with governed(bench) as (_, server):
        query = load.Query("/shares")
        load.wrk(server, query, 16, 1, token_of("reader"))
        begin = time.perf_counter()
        got = load.wrk(server, query, 16, seconds, token_of("reader"))
        what = f"lists with a record, {seconds} s of wrk -c16"
        yield Row(what, "/s", got["per_second"], None, got["cpu_ms"], above=20_000)
        yield Row("  99 of 100 within", "ms", got["p99_ms"])
        behind = lag(server)
        yield Row("  records not in the store at its end", "", behind)
        while lag(server) > 0:
            if time.perf_counter() - begin > seconds + SHIP_LIMIT_S:
                raise load.BenchError(f"{lag(server)} records were not shipped")
            time.sleep(0.1)
        shipped = got["requests"] / (time.perf_counter() - begin)
        yield Row("  records in the store, from first to last", "/s", shipped)


def lag(server):
    with open(os.path.join(server.data_dir, "admin.token"), encoding="utf-8") as file:
        headers = {"Authorization": f"Bearer {file.read().strip()}"}
    request = urllib.request.Request(server.admin + "/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read().decode()
    return int(float(re.search(r"^sluice_audit_unshipped_records (\S+)", text, re.M)[1]))
