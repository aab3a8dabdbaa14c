"""What recipients could learn from how long an answer takes, and what others' shares cost them."""

import statistics
import time

import pytest
from governance_support import Governed
from support import process
from support.many import CatalogRows, line_to, token_of

FEW, MANY = 10, 10_000
GRANTED = 3
LISTS = 5_000
PAIRS = 2_000


def with_shares(launch, warehouse, count):
    """A server on which `reader` is granted GRANTED of `count` shares."""
    folder = f"data{count}"
    first = launch(data_dir=folder)
    governed = Governed(first, warehouse)
    governed.share("template")
    governed.recipient("template", "template")
    first.stop()
    names = [f"share{number:05}" for number in range(count)]
    with CatalogRows(first.data_dir) as rows:
        rows.shares(names, "template")
        rows.recipients(["reader"], "template")
        rows.grants([("reader", name) for name in names[:GRANTED]], "template")
    return launch(data_dir=folder)


def cpu_of_lists(server):
    """CPU time of the server for LISTS lists of the reader's shares."""
    with line_to(server) as line:
        before = process.cpu_ms(server.process.pid)
        requests = (("GET", "/shares", token_of("reader")) for _ in range(LISTS))
        for _, answer in line.ask(requests):
            assert answer.status == 200 and answer.body.count(b'"name"') == GRANTED
        return process.cpu_ms(server.process.pid) - before


@pytest.mark.sqlite
def test_a_list_costs_the_same_whatever_is_not_granted(launch, warehouse):
    """CPU time, which waiting for others does not add to. A look at every share would make it some
    thousand times as much; half as much again would be the processor's caches."""
    few, many = (with_shares(launch, warehouse, count) for count in (FEW, MANY))
    rounds = [(cpu_of_lists(few), cpu_of_lists(many)) for _ in range(3)]
    least_of_few, least_of_many = (min(cpu) for cpu in zip(*rounds))
    assert least_of_many < 3 * least_of_few, rounds


def test_missing_and_not_granted_take_the_same_time(governed):
    """Medians of thousands of pairs, asked in turns over one bare connection, so that whatever else
    the machine does falls on both alike: on a busy one they differed by a fiftieth. A look into the
    store, or at a table's log, would be half as much again."""
    governed.share("hidden")
    governed.recipient("acme")
    token = governed.owner.issue_token("acme")["token"]
    table = "/shares/{}/schemas/retail/tables/orders"
    with line_to(governed.server) as line:
        for method, path in (("GET", table), ("GET", table + "/version"), ("POST", table + "/query")):
            times = {"hidden": [], "nobody": []}
            for _ in range(PAIRS):
                for share, taken in times.items():
                    request = (method, path.format(share), token)
                    begin = time.perf_counter()
                    [(_, answer)] = line.exchange([request])
                    taken.append(time.perf_counter() - begin)
                    assert answer.status == 404
            hidden, nobody = (statistics.median(taken) for taken in times.values())
            assert 0.75 < hidden / nobody < 1.33, (path, hidden, nobody)
