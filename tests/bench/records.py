"""Part of the run: how many audit records a second are written and reach their destinations."""

import os

import parts
from report import Row
from support.postgres import Postgres

# By the names of the micro benchmarks: what it is, and the counter that tells.
WRITTEN = {"AuditAppendUnsynced/sync_us:0/real_time/threads:2": "journal, without waiting for the disk"}
for microseconds, disk in ((0, ""), (1_000, " + 1 ms"), (10_000, " + 10 ms")):
    for threads in (1, 16, 64):
        name = f"AuditAppend/sync_us:{microseconds}/real_time/threads:{threads}"
        WRITTEN[name] = f"journal, {threads} wait for each sync{disk}"
# What must be reached.
MUST = {
    "AuditAppendUnsynced/sync_us:0/real_time/threads:2",
    "AuditAppend/sync_us:0/real_time/threads:64",
}
SHIPPED = {
    "ShipToSqlite/iterations:60/real_time": "SQLite",
    "ShipToPostgres/iterations:60/real_time": "PostgreSQL on this machine",
    "ShipToFile/iterations:60/real_time": "JSON lines",
    "ShipToDeltaTable/iterations:60/real_time": "Delta table",
    "ShipToRecipientTables/iterations:6/real_time": "a table for each of 1,000 recipients",
}
WITHOUT_GOAL = {"ShipToRecipientTables/iterations:6/real_time"}
GOAL = 20_000
# As a server comes, but for where it listens. The tests' own never waits for the disk.
SETTINGS = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}


def measure(bench):
    """On the disk of the bench's folder, in batches as they are shipped."""
    folder = os.path.join(bench.folder, "records")
    os.makedirs(folder)
    found = parts.run(WRITTEN, "--benchmark_min_time=0.5", folder=folder)
    for name, what in WRITTEN.items():
        [one] = found[name]
        goal = GOAL if name in MUST else None
        yield Row(what, "/s", one["items_per_second"], None, one["cpu_time"] / 1e6, above=goal)
    os.chmod(bench.folder, 0o755)  # PostgreSQL may run as another user
    with Postgres(os.path.join(bench.folder, "postgres"), SETTINGS) as postgres:
        variables = {"SLUICE_TEST_POSTGRES": postgres.url}
        for name, what in SHIPPED.items():
            [one] = parts.run([name], folder=folder, variables=variables)[name]
            cpu = one["cpu_time"] / one["real_time"] * 1e3 / one["records/s"]
            goal = None if name in WITHOUT_GOAL else GOAL
            yield Row(what, "/s", one["records/s"], None, cpu, above=goal)
