"""A node loses its way to PostgreSQL: packets vanish, and nobody says that they do."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fleet_support import LIMIT_S, Fleet
from network import Namespace, NoNamespaces
from readers import Readers
from support.owner import Refused
from support.postgres import Postgres, temporary_postgres
from support.server import wait_until

MAX_STALE_S = 6
WRITERS = 24  # more than a server has workers
# Below the 30 s after which a request is answered 504, however long it goes on.
WRITE_LIMIT_S = 20


class ReachablePostgres(Postgres):
    """It listens on the link's address, too."""

    def __init__(self, folder, link):
        super().__init__(folder, {"listen_addresses": f"127.0.0.1,{link.outside}"})
        self.link = link

    def make_cluster(self):
        super().make_cluster()
        with open(os.path.join(self.cluster, "pg_hba.conf"), "a", encoding="utf-8") as file:
            file.write(f"host all all {self.link.subnet} scram-sha-256\n")

    def url_inside(self):
        return self.url.replace("@127.0.0.1:", f"@{self.link.outside}:")


@pytest.fixture
def namespace():
    try:
        with Namespace() as made:
            yield made
    except NoNamespaces as fault:
        pytest.skip(f"no network namespaces: {fault}")


@pytest.fixture
def links(namespace):
    """To the store, and to those who ask."""
    return namespace.add_link(), namespace.add_link()


@pytest.fixture
def fleet(namespace, links, tmp_path, warehouse):
    """Node "near" is where PostgreSQL is; node "far" is behind the links."""
    to_store, to_clients = links
    with temporary_postgres(ReachablePostgres, to_store) as postgres:
        fleet = Fleet(
            str(tmp_path), postgres, warehouse, ["--catalog-max-stale", f"{MAX_STALE_S}s"]
        )
        try:
            fleet.owner = fleet.add_node("near").owner()
            fleet.add_node(
                "far",
                catalog_url=postgres.url_inside(),
                host=to_clients.inside,
                prefix=namespace.prefix,
            )
            yield fleet
        finally:
            fleet.stop()


def test_a_node_cut_off_reads_on_refuses_writes_and_recovers(fleet, links):
    near, far = fleet.nodes
    to_store, _ = links
    fleet.share("sales")
    token = fleet.recipient("acme", "sales")
    lost = fleet.recipient("gone", "sales")
    fleet.wait_for_shares(lost, "sales")
    with Readers(far.endpoint, token, count=2) as readers:
        heard_at = time.monotonic() - far.metric("sluice_catalog_stale_seconds")
        to_store.cut()
        cut_at = time.monotonic()
        fleet.owner.ask("DELETE", "/recipients/gone")
        fleet.share("stock")
        with pytest.raises(Refused) as refused:
            far.owner().create_share("lost")
        took = time.monotonic() - cut_at
        print(f"a write of a node that was cut off is refused after {took:.1f} s")
        assert refused.value.status == 503 and took < WRITE_LIMIT_S
        wait_until(readers.failures, LIMIT_S, "the view is stale")
        stale = readers.failures()
        assert stale[0].at >= heard_at + MAX_STALE_S - 0.1
        assert "the server cannot reach its catalog" in stale[0].text
        assert any(answer.status == 200 and answer.at > cut_at for answer in readers.answers)
        assert fleet.reader(lost, far).get("/shares").status_code == 503, "it may be revoked"
        assert fleet.reader(token, near).get("/shares").status_code == 200

        mended_at = time.monotonic()
        to_store.mend()
        own = fleet.reader(token, far)
        wait_until(lambda: own.get("/shares").status_code == 200, LIMIT_S, "it recovers")
        print(f"it serves again {time.monotonic() - mended_at:.1f} s after the link is mended")
    assert fleet.reader(lost, far).get("/shares").status_code == 401
    names = [share["name"] for share in far.owner().get("/shares")["items"]]
    assert sorted(names) == ["sales", "stock"]
    far.owner().create_share("lost")
    readers.assert_recorded(fleet)


def test_owners_who_insist_do_not_hold_readers_up(fleet, links):
    """One call at a time finds out whether PostgreSQL is back; the others are refused at once."""
    far = fleet.nodes[1]
    fleet.share("sales")
    token = fleet.recipient("acme", "sales")
    fleet.wait_for_shares(token, "sales")

    def refused_write(number):
        begin = time.monotonic()
        with pytest.raises(Refused) as refused:
            far.owner().create_share(f"lost{number}")
        assert refused.value.status == 503
        return time.monotonic() - begin

    with Readers(far.endpoint, token, count=2) as readers, ThreadPoolExecutor(WRITERS) as writers:
        links[0].cut()
        first = sorted(writers.map(refused_write, range(WRITERS)))
        then = sorted(writers.map(refused_write, range(WRITERS)))
    print(f"{WRITERS} writes at once took up to {first[-1]:.1f} s, then {then[-1]:.1f} s")
    assert first[-1] < WRITE_LIMIT_S and then[-1] < WRITE_LIMIT_S
    assert {answer.status for answer in readers.answers} <= {200, 503}
    assert readers.longest_wait() < WRITE_LIMIT_S
