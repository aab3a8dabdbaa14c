"""PostgreSQL goes away and comes back: readers have the view, owners a clear answer."""

import threading
import time

from fleet_support import LIMIT_S
from readers import Readers
from support.owner import Refused
from support.server import wait_until

MAX_STALE_S = 6
STALE = ("--catalog-max-stale", f"{MAX_STALE_S}s")
# What a write may take without a store: far below the 30 s of a request.
WRITE_LIMIT_S = 15


def started(launch, *arguments):
    fleet = launch(*arguments)
    fleet.share("sales")
    token = fleet.recipient("acme", "sales")
    fleet.wait_for_shares(token, "sales")
    return fleet, token


def refused_write(node, share):
    """The refusal, and how long it took to come."""
    begin = time.monotonic()
    try:
        node.owner().create_share(share)
    except Refused as refusal:
        return refusal, time.monotonic() - begin
    raise AssertionError("a change was made without its store")


def shares_of(node):
    return sorted(share["name"] for share in node.owner().get("/shares")["items"])


def test_reads_go_on_until_the_view_is_stale_and_all_recovers(launch, postgres):
    fleet, token = started(launch, *STALE)
    node = fleet.nodes[1]
    with Readers(node.endpoint, token) as readers:
        heard_at = time.monotonic() - node.metric("sluice_catalog_stale_seconds")
        postgres.stop()
        stopped_at = time.monotonic()
        for each in fleet.nodes:
            refusal, seconds = refused_write(each, "lost")
            assert refusal.status == 503 and "the database does not answer" in refusal.text
            assert seconds < WRITE_LIMIT_S
            print(f"a write without PostgreSQL is refused after {seconds:.3f} s")
        wait_until(readers.failures, LIMIT_S, "the view is stale")
        wait_until(readers.more(50), LIMIT_S, "answers")
        stale = readers.failures()
        assert stale[0].at >= heard_at + MAX_STALE_S - 0.1, "the view was good until then"
        after = [answer for answer in list(readers.answers) if answer.at > stopped_at]
        assert after[0].status == 200
        assert {answer.status for answer in stale} == {503}
        assert all("the server cannot reach its catalog" in answer.text for answer in stale)
        health = node.owner().session.get(node.admin + "/readyz", timeout=LIMIT_S)
        assert health.status_code == 503 and "catalog" in health.text
        refusal, _ = refused_write(node, "lost")
        assert refusal.status == 503

        postgres.start_once()
        for each in fleet.nodes:
            reader = fleet.reader(token, each)
            wait_until(lambda r=reader: r.get("/shares").status_code == 200, LIMIT_S, "it recovers")
        wait_until(readers.more(50), LIMIT_S, "answers")
    assert readers.answers[-1].status == 200
    for each in fleet.nodes:
        assert shares_of(each) == ["sales"], "nothing of what was refused"
    fleet.nodes[2].owner().create_share("lost")
    fleet.nodes[1].owner().grant("lost", "acme")
    fleet.wait_for_shares(token, "lost", "sales")
    readers.assert_recorded(fleet)


class Writer(threading.Thread):
    """Makes shares, one after the other, on one node after the other, and knows what was said."""

    def __init__(self, nodes):
        super().__init__(daemon=True)
        self.owners = [node.owner() for node in nodes]
        self.made, self.refused, self.unknown, self.others = [], [], [], []
        self.stopping = threading.Event()

    def run(self):
        turn = 0
        while not self.stopping.is_set():
            name = f"share{turn}"
            try:
                self.owners[turn % len(self.owners)].create_share(name)
                self.made.append(name)
            except Refused as refusal:
                if refusal.status != 503:
                    self.others.append(refusal)
                elif "before it said whether" in refusal.text:
                    self.unknown.append(name)
                else:
                    self.refused.append(name)
            turn += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()


def test_a_restart_of_postgresql_fails_no_read_and_no_change_is_half_done(launch, postgres):
    """Once ended regularly, and once killed, while readers read and an owner writes."""
    fleet, token = started(launch)
    with Readers(fleet.endpoint, token, count=2) as readers, Writer(fleet.nodes) as writer:
        for end in (postgres.stop, postgres.kill, postgres.kill):
            made = len(writer.made)
            wait_until(lambda m=made: len(writer.made) > m + 10, LIMIT_S, "shares are made")
            end()
            restart(postgres)
        made = len(writer.made)
        wait_until(lambda: len(writer.made) > made + 10, LIMIT_S, "shares are made again")
    assert readers.failures() == []
    assert writer.others == []
    print(f"{len(writer.made)} made, {len(writer.refused)} refused, {len(writer.unknown)} not known")
    told = set(writer.made) | {"sales"}
    there = set(shares_of(fleet.nodes[0]))
    assert told <= there <= told | set(writer.unknown)
    fleet.wait_for_changes()
    everything = fleet.recipient("everything", *sorted(there))
    fleet.wait_for_shares(everything, *sorted(there))
    readers.assert_recorded(fleet)


def restart(postgres):
    """Its last processes may still end after it was killed."""

    def started_again():
        try:
            return postgres.start_once()
        except Exception as fault:
            if "already running" not in str(fault) and "still in use" not in str(fault):
                raise
            return None

    wait_until(started_again, LIMIT_S, "PostgreSQL starts again")
