"""Many tenants on one server, each with a share of its own and six tables in it."""

import os
import time

import load
from report import Row
from support import process
from support.server import REPOSITORY, Server, copy_tables

TENANTS = 1_000
TABLES = ("accounts", "contacts", "opportunities", "activities", "conversations", "cases")


def onboard(owner, name, location):
    """A tenant's share with its tables, its recipient, what that may read, and its token."""
    owner.ask("POST", "/shares", {"name": name})
    for table in TABLES:
        fields = {"schema": "crm", "table": table, "location": location}
        owner.ask("POST", f"/shares/{name}/tables", fields)
    owner.ask("POST", "/recipients", {"name": name})
    owner.ask("PUT", f"/shares/{name}/recipients/{name}", {})
    return owner.ask("POST", f"/recipients/{name}/tokens", {})["token"]


def measure(bench):
    """Through the owner's API, one call after the other, as a script of the provider would."""
    count = TENANTS // 10 if bench.options.quick else TENANTS
    folder = os.path.join(bench.folder, "tenants")
    copy_tables(os.path.join(REPOSITORY, "examples", "warehouse"), folder)
    location = os.path.join(folder, "retail", "orders")
    with Server(None, os.path.join(bench.folder, "tenants-data")) as server:
        pid = server.process.pid
        owner = load.OwnerLine(server)
        cpu_before, begin = process.cpu_ms(pid), time.perf_counter()
        for i in range(count):
            onboard(owner, f"tenant{i:04}", location)
        seconds = time.perf_counter() - begin
        cpu = (process.cpu_ms(pid) - cpu_before) / count
        yield Row(f"{count:,} tenants x {len(TABLES)} tables", "s", seconds, None, cpu, below=60)
        times = []
        for i in range(count, count + 10):
            begin = time.perf_counter()
            token = onboard(owner, f"tenant{i:04}", location)
            query = load.Query(f"/shares/tenant{i:04}/schemas/crm/tables/cases/query", {})
            connection = load.Connection(server, token)
            connection.ask(query)
            connection.close()
            times.append(time.perf_counter() - begin)
        owner.close()
        what = "one more, to its first answer"
        yield Row(what, "s", sorted(times)[len(times) // 2], min(times), below=1)
