#!/usr/bin/env python3
"""Measures `sluice serve` on synthetic tables and prints each figure beside its goal.

    ./dev bench [--quick] [--million] [--only PARTS] [--json]

Needs wrk, nginx, curl and MinIO. Tables are kept in .cache/bench. On a machine with neighbours
trust CPU times and least times more than medians and requests per second.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import download  # noqa: E402
import faults  # noqa: E402
import governed  # noqa: E402
import in_store  # noqa: E402
import load  # noqa: E402
import make_tables  # noqa: E402
import recipients  # noqa: E402
import records  # noqa: E402
import sign  # noqa: E402
import tenants  # noqa: E402
from lake import Lake  # noqa: E402
from load import Query  # noqa: E402
from make_tables import Table  # noqa: E402
from report import Report, Row  # noqa: E402
from support import process  # noqa: E402
from support.daemon import NotInstalled, NotStarted  # noqa: E402
from support.server import REPOSITORY, Server, binary_path  # noqa: E402

SMALL, THOUSAND, MEDIUM = Table(10), Table(1_000), Table(10_000)
LARGE, TAIL = Table(200_000), Table(200_000, tail=1_000)
MILLION = Table(1_000_000)
DAY = "2025-06-01"
PAGE_FILES = 1_000
REFRESHES = 20


class Bench:
    """What the parts share: the options, the tables and where they are served from."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.cache = os.path.join(REPOSITORY, ".cache", "bench")
        self.tables = [SMALL, MEDIUM] if options.quick else [SMALL, MEDIUM, LARGE, TAIL]
        self.tables += [MILLION] if options.million else []
        self.report = Report(quiet=options.json)
        self.runs = 1 if options.quick else 3
        self.served = os.path.join(folder, "bench")
        self.starts = 0
        self.running, self.started_lake = contextlib.ExitStack(), None

    def lake(self):
        """The store of the parts that need one, started by the first of them."""
        if not self.started_lake:
            folder = os.path.join(self.folder, "lake")
            self.started_lake = self.running.enter_context(Lake(folder))
        return self.started_lake

    def prepare(self):
        """Serves hard links, so that a part may commit to a table and the cache stays as it is."""
        for table in self.tables:
            self.add(table)
        size = (64 << 20) if self.options.quick else (1 << 30)
        self.download = make_tables.make_download(self.cache, size)
        shutil.copytree(
            self.download, os.path.join(self.served, "download"), copy_function=os.link
        )

    def add(self, table):
        """Has the next process serve `table` too, if it is none of the tables of every part."""
        served = os.path.join(self.served, table.name)
        if os.path.exists(served):
            return
        if not self.options.json:
            print(f"table {table.name}", file=sys.stderr)
        shutil.copytree(make_tables.make(table, self.cache), served, copy_function=os.link)

    def serve(self):
        """A fresh process, to be used in a `with`."""
        self.starts += 1
        return Server(self.served, os.path.join(self.folder, f"data{self.starts}"))

    def seconds(self, table):
        """Of a run of wrk that asks for whole answers: each connection must see its end."""
        return self.options.seconds + table.files // 100_000

    def large(self):
        """The tables on which the number of files tells."""
        return [table for table in (LARGE, MILLION) if table in self.tables] or [MEDIUM]


def table_path(table):
    name = table if isinstance(table, str) else table.name
    return f"/shares/bench/schemas/default/tables/{name}"


def all_files(table):
    return Query(table_path(table) + "/query", {})


def measure_start(bench):
    """From exec to the first answer to a recipient."""
    times, memory = [], []
    for _ in range(max(5, bench.runs)):
        server = bench.serve()
        started = time.perf_counter()
        server.spawn()
        while not server.ports:
            server.ports = server.read_ports() or {}
            time.sleep(0.0005)
        connection = load.Connection(server)
        connection.ask(Query("/shares"))
        times.append((time.perf_counter() - started) * 1e3)
        connection.close()
        memory.append(process.memory_mb(server.process.pid, "VmRSS"))
        server.stop()
    yield Row("to the first answer", "ms", statistics.median(times), min(times), below=100)
    yield Row("memory then", "MB", statistics.median(memory), below=60)


def measure_cold(bench):
    """The first query of a fresh process; the log is in the page cache."""
    goals = {LARGE: (500, 250), TAIL: (800, None), MILLION: (3000, None)}
    for table in bench.tables:
        yield from cold_rows(bench, table, *goals.get(table, (None, None)))


def measure_forms(bench):
    """The same for each form of a log, whose files and statistics are the same."""
    files = bench.large()[0].files
    for table in [Table(files, form=form) for form in make_tables.FORMS]:
        bench.add(table)
        yield from cold_rows(bench, table, None if table.form == "commits" else 500)
    parsed = Table(files, stats="parsed")
    bench.add(parsed)
    yield from cold_rows(bench, parsed)


def cold_rows(bench, table, below_ms=None, below_mb=None):
    times, cpu, peaks = zip(*(cold_query(bench, table) for _ in range(bench.runs)))
    median = statistics.median(times)
    yield Row(table.name, "ms", median, min(times), statistics.median(cpu), below_ms)
    yield Row("  highest memory", "MB", statistics.median(peaks), below=below_mb)


def cold_query(bench, table):
    with bench.serve() as server:
        pid = server.process.pid
        connection = load.Connection(server)
        cpu_before = process.cpu_ms(pid)
        answer = connection.ask(all_files(table))
        connection.close()
        cpu = process.cpu_ms(pid) - cpu_before
        return answer.total_ms, cpu, process.memory_mb(pid, "VmHWM")


def alone(server, query, times, what, below=None):
    """The row of one client that asks again and again."""
    got = load.one_by_one(server, query, times)
    return Row(what, "ms", got["median_ms"], got["min_ms"], got["cpu_ms"], below)


def measure_query(bench):
    """All files of a table in parquet format, warm."""
    whole_ms = {SMALL: 0.5, MEDIUM: 15, LARGE: 400, TAIL: 400, MILLION: 2000}
    per_second = {SMALL: 2000, MEDIUM: 40}
    with bench.serve() as server:
        pid = server.process.pid
        for table in bench.tables:
            before_mb = process.memory_mb(pid, "VmRSS")
            query, times = all_files(table), 200 if table == SMALL else 10
            got = load.one_by_one(server, query, times)
            held_mb = process.memory_mb(pid, "VmRSS") - before_mb
            whole = got["median_ms"], got["min_ms"], got["cpu_ms"], whole_ms[table]
            yield Row(table.name, "ms", *whole)
            first_ms = 10 if table.files >= LARGE.files else None
            yield Row("  first byte", "ms", got["first_byte_ms"], below=first_ms)
            if table == MILLION:
                yield one_core(server, query, 2000)
            process.reset_peak(pid)
            four = load.wrk(server, query, 4, bench.seconds(table))
            rate, cpu = four["per_second"], four["cpu_ms"]
            yield Row("  4 connections", "/s", rate, None, cpu, above=per_second.get(table))
            yield Row("  memory added", "MB", held_mb)
            yield Row("  highest memory of the process", "MB", process.memory_mb(pid, "VmHWM"))


def one_core(server, query, below_ms):
    """The server may use one core, the client the others."""
    pid, cores = server.process.pid, os.sched_getaffinity(0)
    process.pin(pid, {min(cores)})
    row = alone(server, query, 10, "  on one core", below_ms)
    process.pin(pid, cores)
    return row


def measure_memory(bench):
    """What whole answers add to resident memory at their highest (VmHWM). The server holds the
    table and a column of its statistics, but has not sent an answer of all files before: what the
    allocator kept of that would hide what the next one needs."""
    below = {LARGE: 60, MILLION: 64}
    for table in bench.large():
        with bench.serve() as server:
            pid = server.process.pid
            idle_mb = process.memory_mb(pid, "VmRSS")
            one_file = Query(table_path(table) + "/query", {"predicateHints": ["id = 4250"]})
            count_files(server, one_file)
            held_mb = process.memory_mb(pid, "VmRSS")
            yield Row(f"{table.name}, in memory", "MB", held_mb - idle_mb)
            process.reset_peak(pid)
            count_files(server, all_files(table))
            added_mb = process.memory_mb(pid, "VmHWM") - held_mb
            yield Row("  one answer adds", "MB", added_mb, below=below.get(table))
            load.wrk(server, all_files(table), 4, bench.seconds(table))
            added_mb = process.memory_mb(pid, "VmHWM") - held_mb
            yield Row("  4 connections add", "MB", added_mb, below=below.get(table))


def measure_pages(bench):
    """A page at the beginning and one in the middle of a table."""
    with bench.serve() as server:
        for table in bench.large():
            for what, query in pages(server, table):
                if (files := count_files(server, query)) != PAGE_FILES:
                    raise load.BenchError(f"a page has {files} files, not {PAGE_FILES}")
                yield alone(server, query, 200, f"{table.name}, {what} page", 3)
                four = load.wrk(server, query, 4, bench.options.seconds)
                rate, cpu = four["per_second"], four["cpu_ms"]
                yield Row("  4 connections", "/s", rate, None, cpu, above=1000)


def pages(server, table):
    first = query = Query(table_path(table) + "/query", {"maxFiles": PAGE_FILES})
    yield "first", first
    connection = load.Connection(server)
    for _ in range(table.files // PAGE_FILES // 2):
        token = re.search(rb'"nextPageToken":"([^"]+)"', connection.ask(query).body)
        query = Query(first.path, first.body | {"pageToken": token[1].decode()})
    connection.close()
    yield "middle", query


def measure_lists(bench):
    with bench.serve() as server:
        load.wrk(server, Query("/shares"), 16, 1)
        for connections in (1, 16, 64):
            rate, most = (100_000, 1) if connections == 16 else (None, None)
            got = load.wrk(server, Query("/shares"), connections, bench.options.seconds)
            what = f"GET /shares, wrk -c{connections}"
            yield Row(what, "/s", got["per_second"], None, got["cpu_ms"], above=rate)
            yield Row("  half within", "ms", got["p50_ms"])
            yield Row("  99 of 100 within", "ms", got["p99_ms"], below=most)


def measure_heads(bench):
    """Version and metadata, warm."""
    with bench.serve() as server:
        for suffix in ("version", "metadata"):
            for table in bench.tables:
                query = Query(f"{table_path(table)}/{suffix}")
                yield alone(server, query, 200, f"{suffix}, {table.name}", 0.5)


def hints(column, kind, value):
    """The same condition in both languages."""
    children = [
        {"op": "column", "name": column, "valueType": kind},
        {"op": "literal", "value": value, "valueType": kind},
    ]
    literal = value if kind == "long" else f"'{value}'"
    yield "json", {"jsonPredicateHints": json.dumps({"op": "equal", "children": children})}
    yield "sql", {"predicateHints": [f"{column} = {literal}"]}


def measure_pruning(bench):
    below = {LARGE: 3, MILLION: 5}
    with bench.serve() as server:
        for table in bench.large():
            for column, kind, value in (("id", "long", "4250"), ("day", "date", DAY)):
                goal = below.get(table) if column == "id" else None
                for language, body in hints(column, kind, value):
                    query = Query(table_path(table) + "/query", body)
                    files = count_files(server, query)
                    if column == "id" and files != 1:
                        raise load.BenchError(f"{language} hint on id leaves {files} files, not 1")
                    what = f"{column}, {language}: {files:,} of {table.files:,}"
                    yield alone(server, query, 50, what, goal)


def count_files(server, query):
    connection = load.Connection(server)
    body = connection.ask(query).body
    connection.close()
    return body.count(b'{"file":')


def measure_refresh(bench):
    """The metadata after a commit that adds a file and removes one, less the time of the same
    answer before it. The tables take turns, so that the ratio stands for the same minute."""
    bench.add(THOUSAND)
    tables = [THOUSAND, *([TAIL] if TAIL in bench.tables else []), *bench.large()]
    for table in tables[1:]:
        extra = [first_refresh(bench, table) for _ in range(bench.runs)]
        median, least = statistics.median(extra), min(extra)
        yield Row(f"{table.name}, first commit", "ms", median, least, below=5)
    with bench.serve() as server:
        connection = load.Connection(server)
        for table in tables:
            refresh_once(bench, server, connection, table)
        rounds = [
            [refresh_once(bench, server, connection, table) for table in tables]
            for _ in range(REFRESHES)
        ]
        connection.close()
    wholes = []
    for table, figures in zip(tables, zip(*rounds)):
        whole, extra, cpu = zip(*figures)
        median, cpu = statistics.median(extra), statistics.median(cpu)
        yield Row(f"{table.name}, one commit", "ms", median, None, cpu, 5)
        wholes.append(statistics.median(whole))
    what = f"answer after it, {tables[-1].files:,} to {tables[0].files:,}"
    yield Row(what, "", wholes[-1] / wholes[0], below=1.5)


def first_refresh(bench, table):
    with bench.serve() as server:
        connection = load.Connection(server)
        _, extra, _ = refresh_once(bench, server, connection, table)
        connection.close()
    return extra


def refresh_once(bench, server, connection, table):
    """Time of the answer, the part of it that the commit costs, and the CPU time of the answer."""
    query = Query(table_path(table) + "/metadata")
    connection.ask(query)
    before = statistics.median(connection.ask(query).total_ms for _ in range(5))
    version = commit_once(os.path.join(bench.served, table.name, "_delta_log"), table)
    cpu_before = process.cpu_ms(server.process.pid)
    answer = connection.ask(query)
    cpu = process.cpu_ms(server.process.pid) - cpu_before
    if f"delta-table-version: {version}\r\n" not in answer.head.lower() + "\r\n":
        raise load.BenchError(f"version {version} is not seen: {answer.head}")
    return answer.total_ms, answer.total_ms - before, cpu


def commit_once(log, table):
    """Adds a file and removes one of the table's last."""
    version = 1 + max(int(name[:20]) for name in os.listdir(log) if name[0].isdigit())
    add = make_tables.add_action(table, table.files + version)
    gone = make_tables.add_action(table, table.files - version % table.files)["path"]
    remove = {"path": gone, "deletionTimestamp": make_tables.FIRST_COMMIT_MS, "dataChange": True}
    make_tables.write_commit(log, version, [{"remove": remove}, {"add": add}])
    return version


def measure_download(bench):
    with bench.serve() as server:
        path = table_path("download")
        rounds = 3 if bench.options.quick else 7
        got = download.compare(server, path, bench.download, bench.folder, rounds)
    yield Row("sluice, one connection of curl", "GB/s", got["ours_gb"])
    yield Row("  CPU for one GB", "ms", got["cpu_ms_per_gb"])
    yield Row("nginx with sendfile", "GB/s", got["nginx_gb"])
    yield Row("best of each, ratio", "", got["best"], above=0.9)
    yield Row("medians, ratio", "", got["median"])


PARTS = {
    "start": ("Start", measure_start),
    "cold": ("First query of a fresh process", measure_cold),
    "forms": ("The same, by form of the log", measure_forms),
    "query": ("All files, warm", measure_query),
    "memory": ("Memory of whole answers", measure_memory),
    "pages": (f"Pages of {PAGE_FILES:,} files", measure_pages),
    "lists": ("Lists", measure_lists),
    "heads": ("Version and metadata", measure_heads),
    "pruning": ("Predicates", measure_pruning),
    "refresh": ("Refresh", measure_refresh),
    "download": ("Download of one large file", measure_download),
    "sign": ("Links that stores sign, by one core", sign.measure),
    "governed": ("Knowing, counting, recording who asks", governed.measure_added),
    "sustained": ("Lists with a record each", governed.measure_sustained),
    "records": ("Audit records", records.measure),
    "recipients": ("Memory of an idle recipient", recipients.measure_memory),
    "grants": ("What is not granted", recipients.measure_grants),
    "tenants": ("Tenants, made through the owner's API", tenants.measure),
    "store-query": ("Warm query of a table in MinIO", in_store.measure_query),
    "store-open": ("First query of a table in MinIO", in_store.measure_open),
    "store-download": ("Download of a file in MinIO", in_store.measure_download),
    "store-faults": ("1 % of requests fail, 5 % take 2 s", faults.measure_faults),
}


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small tables, short runs: a minute")
    parser.add_argument("--million", action="store_true", help="also a table of 1,000,000 files")
    parser.add_argument("--only", default=",".join(PARTS), help="some of %(default)s")
    parser.add_argument("--seconds", type=int, help="of each run of wrk; 5, with --quick 1")
    parser.add_argument("--json", action="store_true", help="print JSON when all is done")
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(PARTS):
        parser.error(f"--only: no such part: {', '.join(sorted(unknown))}")
    options.seconds = options.seconds or (1 if options.quick else 5)
    return options


def check_tools():
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    missing = [tool for tool in ("wrk", "nginx", "curl") if not shutil.which(tool, path=path)]
    if missing:
        sys.exit(f"bench: {', '.join(missing)} not found: ./dev bench installs what is missing")
    if not os.path.exists(binary_path()):
        sys.exit(f"bench: {binary_path()} is not there: ./dev build, or set SLUICE_BINARY")


def main():
    options = parse_options()
    check_tools()
    cache = os.path.join(REPOSITORY, ".cache", "bench")
    os.makedirs(cache, exist_ok=True)
    load_before = os.getloadavg()
    with tempfile.TemporaryDirectory(dir=cache, prefix="run-") as folder:
        bench = Bench(options, folder)
        bench.prepare()
        with bench.running:
            for name in options.only:
                title, measure = PARTS[name]
                bench.report.add(title, measure(bench))
    machine = {"cores": os.cpu_count(), "load": [load_before, os.getloadavg()]}
    if options.json:
        print(json.dumps({"machine": machine, "figures": bench.report.as_json()}, indent=1))
    else:
        loads = " then ".join(f"{load[0]:.1f}" for load in machine["load"])
        print(f"\n{machine['cores']} cores, load {loads}. Last column: how far on the good side.")


if __name__ == "__main__":
    # As an exception, so that the server is stopped and the folder removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: stopped"))
    try:
        main()
    except (load.BenchError, NotInstalled, NotStarted) as error:
        sys.exit(f"bench: {error}")
