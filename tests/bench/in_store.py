"""Parts of the run on tables in MinIO. What the store itself takes is measured beside, turn by
turn, so that both meet the same neighbours: the goals are ratios within one run."""

import os
import statistics
from urllib.parse import urlsplit

import fetch
import load
import make_tables
from lake import BUCKET, table_path
from load import Query
from make_tables import Table
from report import Row
from support import process
from support.lake import files_of
from support.relay import Relay
from support.signing import Request, sign_aws

PART_BYTES = 8 << 20  # in which the store's own time is measured for larger objects
AT_ONCE = 16  # as many connections for it
DOWNLOADS_AT_ONCE = 8
MEMORY_MB = {1: 16, DOWNLOADS_AT_ONCE: 32}  # that a relay may add, whatever the file's size


def signed(store, path, headers=None):
    """The bytes of a GET."""
    request = sign_aws(
        Request("GET", store.root + path, dict(headers or {})), store.credentials, store.region
    )
    lines = [f"GET {path} HTTP/1.1", *(f"{k}: {v}" for k, v in request.headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def address(store):
    return store.host, store.port


def measure_query(bench):
    """A warm query: what it asks of the store, and how long that alone takes."""
    lake, table = bench.lake(), Table(10)
    store, times = lake.store, 20 if bench.options.quick else 200
    location = lake.add(make_tables.make(table, bench.cache), table.name)
    query = Query(table_path("t") + "/query", {})
    with Relay(store.port) as relay, lake.serve({"t": location}, relay) as server:
        load.one_by_one(server, query, 1)
        relay.forget()
        load.one_by_one(server, query, times, warm_up=0)
        asked, lists = relay.asked(), relay.lists()
    yield Row("requests to the store, of a query", "", len(asked) / times, below=1)
    yield Row("  of these, lists", "", len(lists) / times, above=1)
    path = lists[-1]
    with lake.serve({"t": location}) as server:
        recipient, line = load.Connection(server), load.Line(f"{store.host}:{store.port}")
        recipient.ask(query)
        cpu_before = process.cpu_ms(server.process.pid)
        ours, theirs = zip(*(turn(recipient, query, line, store, path) for _ in range(times)))
        cpu = (process.cpu_ms(server.process.pid) - cpu_before) / times
        recipient.close()
        line.close()
    alone = statistics.median(theirs)
    yield Row("that list, asked of the store", "ms", alone, min(theirs))
    yield Row(f"query of {table.files} files", "ms", statistics.median(ours), min(ours), cpu)
    yield Row("  more than the list", "ms", statistics.median(ours) - alone)


def turn(recipient, query, line, store, path):
    return recipient.ask(query).total_ms, line.send(signed(store, path), path).total_ms


def measure_open(bench):
    """The first query of a fresh process, of one file only: the log is read whole. Beside it the
    time in which a plain client gets the same objects over AT_ONCE connections."""
    tail = 100 if bench.options.quick else 1_000
    yield from measure_open_of(Table(10_000, tail), bench, below=2)
    if not bench.options.quick:  # whose checkpoint takes longer to decode than to get
        yield from measure_open_of(Table(200_000, tail), bench)


def measure_open_of(table, bench, below=None):
    lake = bench.lake()
    root = make_tables.make(table, bench.cache)
    location = lake.add(root, table.name)
    with Relay(lake.store.port) as relay:
        first_query(lake, location, relay)
        asked = relay.asked()
    objects = objects_of(asked, root, table)
    lists = len([path for _, path in asked if "list-type=2" in path])
    yield Row(f"{table.name}, requests", "", len(asked))
    yield Row("  of these, lists", "", lists)
    yield Row("  objects read", "", len(objects))
    yield Row("  bytes of these", "MB", sum(size for _, size in objects) / 1e6)
    rounds = [
        (*first_query(lake, location), alone(lake.store, objects) * 1e3)
        for _ in range(1 + 2 * bench.runs)
    ]
    ours, cpu, theirs = zip(*rounds)
    yield Row("the same objects, by a plain client", "ms", statistics.median(theirs), min(theirs))
    yield Row("first query", "ms", statistics.median(ours), min(ours), statistics.median(cpu))
    here = [first_query(lake, root)[0] for _ in rounds]
    yield Row("  of the same table on this disk", "ms", statistics.median(here), min(here))
    yield Row("  least of each, ratio", "", min(ours) / min(theirs), below=below)
    ratio = statistics.median(ours) / statistics.median(theirs)
    yield Row("  medians, ratio", "", ratio)


def first_query(lake, location, relay=None):
    """Milliseconds, and those of the server's CPU: it starts threads for this alone."""
    with lake.serve({"t": location}, relay) as server:
        connection = load.Connection(server)
        connection.ask(Query("/shares"))
        before = process.whole_cpu_ms(server.process.pid)
        answer = connection.ask(Query(table_path("t") + "/query", {"limitHint": 1}))
        connection.close()
        return answer.total_ms, process.whole_cpu_ms(server.process.pid) - before


def objects_of(asked, root, table):
    """Path and size of each object that was read. Asked for too is one that need not be there."""
    start = f"/{BUCKET}/{table.name}/"
    paths = {urlsplit(path).path for method, path in asked if method == "GET"}
    files = {
        path: os.path.join(root, path.removeprefix(start))
        for path in paths
        if path.startswith(start)
    }
    return [(path, os.path.getsize(file)) for path, file in files.items() if os.path.exists(file)]


def alone(store, objects):
    """Seconds. The largest come first, since they take longest; each in parts."""
    parts = [
        (path, begin, min(begin + PART_BYTES, size))
        for path, size in sorted(objects, key=lambda o: -o[1])
        for begin in range(0, size, PART_BYTES)
    ]
    requests = [
        signed(store, path, {"range": f"bytes={begin}-{end - 1}"}) for path, begin, end in parts
    ]
    seconds, received = fetch.fetch_all(address(store), requests, AT_ONCE)
    if received != sum(size for _, size in objects):
        raise load.BenchError(f"the store gave {received} bytes of {objects}")
    return seconds


def measure_download(bench):
    """A large file, by a link that MinIO signed and by one to Sluice, which hands it on."""
    lake, size = bench.lake(), (64 << 20) if bench.options.quick else (512 << 20)
    location = lake.add(make_tables.make_download(bench.cache, size), "download")
    tables = {
        name: {"location": location, "delivery": delivery}
        for name, delivery in (("direct", "url"), ("relayed", "proxy"))
    }
    with lake.serve(tables) as server:
        direct, relayed = (files_of(server.query(name))[0]["url"] for name in tables)
        for connections in (1, DOWNLOADS_AT_ONCE):
            yield from download_rows(bench, server, (direct, relayed, size), connections)


def download_rows(bench, server, what, connections):
    """The goal is for one download. Several at once have the machine's cores for a bound, and the
    store, the relay and the client share these."""
    direct, relayed, size = what
    pid = server.process.pid
    download(direct, size, connections)
    held_mb = process.memory_mb(pid, "VmRSS")
    process.reset_peak(pid)
    theirs, ours, cpu = [], [], []
    for _ in range(2 if bench.options.quick else 12):
        theirs.append(download(direct, size, connections))
        before = process.cpu_ms(pid)
        ours.append(download(relayed, size, connections))
        cpu.append((process.cpu_ms(pid) - before) / (size / 1e9))
    added_mb = process.memory_mb(pid, "VmHWM") - held_mb
    ending = "s" if connections > 1 else ""
    yield Row(f"MinIO itself, {connections} connection{ending}", "GB/s", max(theirs))
    yield Row("  handed on by Sluice", "GB/s", max(ours))
    yield Row("  its CPU for one GB", "ms", statistics.median(cpu), min(cpu))
    goal = 0.8 if connections == 1 else None
    yield Row("  best of each, ratio", "", max(ours) / max(theirs), above=goal)
    ratio = statistics.median(ours) / statistics.median(theirs)
    yield Row("  medians, ratio", "", ratio)
    yield Row("  memory that it adds", "MB", added_mb, below=MEMORY_MB[connections])


def download(url, size, connections):
    """GB a second, each connection having an equal part of the file."""
    parts = urlsplit(url)
    edges = [size * i // connections for i in range(connections + 1)]
    requests = [
        f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Range: bytes={begin}-{end - 1}\r\n\r\n".encode()
        for begin, end in zip(edges, edges[1:])
    ]
    seconds, received = fetch.fetch_all((parts.hostname, parts.port), requests, connections)
    if received != size:
        raise load.BenchError(f"{url}: {received} of {size} bytes")
    return size / seconds / 1e9
