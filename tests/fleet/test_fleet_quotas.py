"""A day's quota holds for all nodes together."""

import threading

import pytest
from fleet_support import LIMIT_S
from support.server import wait_until

THREADS = 6


def lease(limit):
    """What a node takes at a time; see src/audit/quota_leases.h."""
    return max(limit // 100, 1)


class Spender:
    """Asks every node, from several threads at once, until all say that the quota is reached."""

    def __init__(self, fleet, token):
        self.fleet, self.token = fleet, token
        self.lock, self.statuses = threading.Lock(), {}

    def run(self, nodes):
        threads = [
            threading.Thread(target=self.spend, args=(nodes[i % len(nodes)],)) for i in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT_S)
        return self

    def spend(self, node):
        reader = self.fleet.reader(self.token, node)
        while True:
            answer = reader.get("/shares")
            with self.lock:
                count = self.statuses.get(answer.status_code, 0)
                self.statuses[answer.status_code] = count + 1
            if answer.status_code not in (200, 503):
                return

    @property
    def admitted(self):
        assert self.statuses.keys() <= {200, 429, 503}
        return self.statuses.get(200, 0)


@pytest.mark.parametrize("limit", [10, 3000])
def test_all_nodes_together_admit_the_limit(launch, limit):
    """At least the limit, and never more than one lease above it."""
    fleet = launch()
    token = fleet.recipient("acme")
    fleet.owner.set_quota("requests", limit, "day", recipient="acme")
    fleet.wait_for_changes()
    spender = Spender(fleet, token).run(fleet.nodes)
    print(f"{spender.statuses} with {limit} a day, a lease of {lease(limit)}")
    assert limit <= spender.admitted <= limit + lease(limit)
    assert set(spender.statuses) == {200, 429}, "nobody is told to wait while there is budget"


def test_a_killed_node_takes_no_more_with_it_than_it_had_leased(launch):
    limit = 3000
    fleet = launch()
    token = fleet.recipient("acme")
    fleet.owner.set_quota("requests", limit, "day", recipient="acme")
    fleet.wait_for_changes()
    before = 0
    for node in fleet.nodes:
        reader = fleet.reader(token, node)
        before += sum(reader.get("/shares").status_code == 200 for _ in range(100))
        node.kill()
        node.start()
    assert before == 300
    spender = Spender(fleet, token).run(fleet.nodes)
    admitted = before + spender.admitted
    print(f"{admitted} of {limit} after three kills")
    # A node asks for a lease when half of one is left: it holds less than two.
    assert limit - 2 * len(fleet.nodes) * lease(limit) <= admitted <= limit + lease(limit)


def test_without_the_store_nodes_go_on_and_never_pass_the_limit_by_more_than_a_lease(
    launch, postgres
):
    """What a node holds, and a small advance; then 503, since it cannot know."""
    limit = 3000
    fleet = launch("--catalog-max-stale", "5m")
    token = fleet.recipient("acme")
    fleet.owner.set_quota("requests", limit, "day", recipient="acme")
    fleet.wait_for_changes()
    for node in fleet.nodes[:2]:  # the third has nothing yet
        assert fleet.reader(token, node).get("/shares").status_code == 200
    postgres.stop()
    admitted = 2
    for node in fleet.nodes:
        reader = fleet.reader(token, node)
        assert reader.get("/shares").status_code == 200, "a node without a lease serves, too"
        admitted += 1
        while True:
            answer = reader.get("/shares")
            if answer.status_code != 200:
                break
            admitted += 1
        assert answer.status_code == 503 and "Retry-After" in answer.headers
        assert "it is not known yet what is left of 3000 requests a day" in answer.json()["message"]
    postgres.start_once()
    for node in fleet.nodes:
        reader = fleet.reader(token, node)
        wait_until(lambda r=reader: r.get("/shares").status_code == 200, LIMIT_S, "it goes on")
        admitted += 1
    admitted += Spender(fleet, token).run(fleet.nodes).admitted
    print(f"{admitted} of {limit}, with the store away in between")
    assert limit - lease(limit) <= admitted <= limit + lease(limit)
