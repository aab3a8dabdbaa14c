"""Nothing is lost: each answer that was received has exactly one record, whatever ended the nodes;
and a record whose answer nobody received belongs to a request that was under way at a kill."""

import asyncio
import random
import threading
import time

import pytest
from hammer import AGENT, Ask, Hammer

SEED = 20261122
KILLS = 8
TABLE = "/shares/sales/schemas/retail/tables/orders"
UNKNOWN = "sluice_" + "A" * 49

# Failures of many addresses: those of one are summed from some number a minute on.
PEERS = [f"10.9.8.{number}" for number in range(1, 251)]


def queries(token, peer):
    return [
        Ask("query", "POST", TABLE + "/query", token, {200}, "{}", peer),
        Ask("hinted query", "POST", TABLE + "/query", token, {200}, '{"limitHint": 10}', peer),
    ]


def everything(token, peer):
    return [
        Ask("shares", "GET", "/shares", token, {200}, None, peer),
        Ask("tables", "GET", "/shares/sales/all-tables", token, {200}, None, peer),
        Ask("not granted", "GET", "/shares/other/schemas", token, {404}, None, peer),
        Ask("unknown token", "GET", "/shares", UNKNOWN, {401}, None, peer),
        Ask("metadata", "GET", TABLE + "/metadata", token, {200}, None, peer),
        Ask("query", "POST", TABLE + "/query", token, {200}, "{}", peer),
        Ask("missing table", "GET", TABLE + "x/metadata", token, {404}, None, peer),
    ]


class Killer:
    """kill -9 of one node after the other, each started again while the load goes on."""

    def __init__(self, nodes):
        self.nodes, self.lock = nodes, threading.Lock()
        self.order = random.Random(SEED)

    def __call__(self):
        with self.lock:  # one at a time
            node = self.order.choice(self.nodes)
            node.kill()
            node.start()


@pytest.mark.parametrize("mix", [queries, everything])
def test_every_answer_received_has_exactly_one_record(launch, mix, request_count):
    """S-C01."""
    fleet = launch("--trusted-proxies", "127.0.0.1")
    fleet.share("sales")
    token = fleet.recipient("acme", "sales")
    fleet.wait_for_shares(token, "sales")

    asks = [ask for peer in PEERS for ask in mix(token, peer)]
    hammer = Hammer(fleet.nodes, asks, request_count)
    moments = random.Random(SEED).sample(range(request_count // 20, request_count * 9 // 10), KILLS)
    killer = Killer(fleet.nodes)
    for moment in moments:
        hammer.at(moment, killer)
    begin = time.monotonic()
    asyncio.run(hammer.run())
    seconds = time.monotonic() - begin
    assert hammer.strange == [] and hammer.served == request_count
    assert len(hammer.received) == len(set(hammer.received))

    records = fleet.records_with(hammer.received, AGENT)
    unanswered = records.keys() - set(hammer.received)
    print(
        f"{request_count} answers in {seconds:.1f} s, {KILLS} kills, {hammer.lost} under way at them; "
        f"{len(unanswered)} records without an answer; {hammer.statuses}"
    )
    assert len(unanswered) <= hammer.lost
    assert max(records.values()) == 1
    assert_journals_are_whole(fleet)


def assert_journals_are_whole(fleet):
    """Numbered from 0 without gaps in the store, and as the signed heads say on each node."""
    counts = "SELECT count(*) = max(seq) + 1 FROM audit_records GROUP BY node"
    assert fleet.postgres.execute(counts).split() == ["t"] * len(fleet.nodes)
    for node in fleet.nodes:
        done = fleet.verify(node)
        assert done.returncode == 0, done.stdout + done.stderr
