"""A change made on one node is in force on all that reach the store, within a second."""

import statistics
import time

from fleet_support import LIMIT_S
from support.server import wait_until

ROUNDS = 10
# Longer than every limit here: whatever is seen earlier, a notification brought.
POLL = ("--catalog-poll-interval", "10m", "--catalog-max-stale", "1h")


def seen_everywhere(fleet, condition):
    """Seconds until `condition(node)` holds on the last node."""
    begin = time.monotonic()
    for node in fleet.nodes:
        wait_until(lambda node=node: condition(node), LIMIT_S, f"seen on node {node.name}")
    return time.monotonic() - begin


def test_changes_of_one_node_are_notified_to_the_others(launch):
    """Shares, grants, revoked tokens, each made on another node than the last one."""
    fleet = launch(*POLL)
    token = fleet.recipient("acme")
    fleet.wait_for_shares(token)
    seconds = []
    for turn in range(ROUNDS):
        owner = fleet.nodes[turn % len(fleet.nodes)].owner()
        share = f"share{turn}"
        owner.create_share(share)
        owner.grant(share, "acme")
        seconds.append(seen_everywhere(fleet, lambda n: share in at(fleet, token, n)))
        owner.revoke(share, "acme")
        seconds.append(seen_everywhere(fleet, lambda n: share not in at(fleet, token, n)))
        other = owner.issue_token("acme")
        good = fleet.reader(other["token"], fleet.nodes[0])
        seconds.append(seen_everywhere(fleet, lambda n: status(fleet, other["token"], n) == 200))
        owner.revoke_token("acme", other["id"])
        seconds.append(seen_everywhere(fleet, lambda n: status(fleet, other["token"], n) == 401))
        assert good.get("/shares").status_code == 401
    middle, longest = statistics.median(seconds), max(seconds)
    print(f"{len(seconds)} changes seen everywhere: median {middle:.3f} s, longest {longest:.3f} s")
    # A busy machine may hold one up, not half of them.
    assert middle < 1


def status(fleet, token, node):
    return fleet.reader(token, node).get("/shares").status_code


def at(fleet, token, node):
    return fleet.shares_at(node, token) or []


def test_a_change_is_in_force_on_its_own_node_when_it_is_answered(launch):
    fleet = launch(*POLL)
    token = fleet.recipient("acme")
    fleet.wait_for_shares(token)
    for turn, node in enumerate(fleet.nodes):
        share = f"share{turn}"
        node.owner().create_share(share)
        node.owner().grant(share, "acme")
        assert share in at(fleet, token, node)


def test_a_listener_that_lost_its_connection_misses_nothing(launch, postgres):
    fleet = launch(*POLL)
    token = fleet.recipient("acme")
    # Every listener's connection breaks again and again while the share is made and granted.
    end_listeners = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    )
    for turn in range(3):
        postgres.execute(end_listeners)
        fleet.owner.create_share(f"share{turn}")
        fleet.owner.grant(f"share{turn}", "acme")
        postgres.execute(end_listeners)
        seen_everywhere(fleet, lambda n, turn=turn: f"share{turn}" in at(fleet, token, n))
