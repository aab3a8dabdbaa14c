"""One node of three ends without a word; whoever reads through nginx does not notice."""

from fleet_support import LIMIT_S
from readers import Readers
from support.server import wait_until

ANSWERS = 200


def test_readers_go_on_when_nodes_are_killed(launch):
    """kill -9, each node once. nginx asks the next node, for GET and for queries, as these change
    nothing (`proxy_next_upstream ... non_idempotent`): none fails."""
    fleet = launch()
    fleet.share("sales")
    token = fleet.recipient("acme", "sales")
    fleet.wait_for_shares(token, "sales")
    with Readers(fleet.endpoint, token) as readers:
        for node in fleet.nodes:
            wait_until(readers.more(ANSWERS), LIMIT_S, "answers")
            node.kill()
            wait_until(readers.more(ANSWERS), LIMIT_S, f"answers without node {node.name}")
            node.start()
            # nginx keeps off a node that failed for a second or two: with all three there is none.
            wait_until(readers.more_of(node), LIMIT_S, f"node {node.name} is asked again")
        wait_until(readers.more(ANSWERS), LIMIT_S, "answers")
    assert readers.failures() == []
    readers.assert_recorded(fleet)


def test_a_node_that_comes_back_knows_what_was_changed_without_it(launch):
    fleet = launch()
    token = fleet.recipient("acme")
    lost = fleet.recipient("gone")
    away = fleet.nodes[2]
    away.kill()
    fleet.share("sales")
    fleet.owner.grant("sales", "acme")
    fleet.owner.ask("DELETE", "/recipients/gone")
    away.start()
    # At once: a node listens for recipients before it knows anybody, and tells its ports after.
    assert fleet.shares_at(away, token) == ["sales"]
    assert fleet.reader(lost, away).get("/shares").status_code == 401
    done = fleet.verify(away)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_one_node_began_another_ends(launch):
    """Page tokens and links are good on every node: they share the master key."""
    fleet = launch()
    for name in ("sales", "stock", "staff"):
        fleet.share(name)
    token = fleet.recipient("acme", "sales", "stock", "staff")
    fleet.wait_for_shares(token, "sales", "staff", "stock")
    names, page_token = [], None
    for node in fleet.nodes:
        more = {"pageToken": page_token} if page_token else {}
        page = fleet.reader(token, node).get("/shares", maxResults=1, **more).json()
        names += [item["name"] for item in page["items"]]
        page_token = page.get("nextPageToken")
    assert sorted(names) == ["sales", "staff", "stock"]
    first = fleet.reader(token, fleet.nodes[0])
    url = first.query("sales", "retail", "orders").text.split('"url":"')[1].split('"')[0]
    place = url.split("/delta-sharing", 1)[1]
    sizes = set()
    for node in fleet.nodes:
        answer = fleet.reader(None, node).get(place)
        assert answer.status_code == 200, answer.text
        sizes.add(len(answer.content))
    assert len(sizes) == 1
