"""Who sees what: every route, for every recipient and share."""

import os
import random

import pytest
from governance_support import ROUTES, Governed

COUNT = 50
SEED = 20261121


def probe(reader, method, path, share):
    body = {"json": {}} if method == "POST" else {}
    return reader.ask(method, path.format(share=share), **body)


@pytest.fixture
def matrix(governed):
    """COUNT recipients and shares; each recipient is granted a random half of them."""
    chance = random.Random(SEED)
    location = os.path.join(governed.warehouse, "retail", "orders")
    for i in range(COUNT):
        governed.owner.create_share(f"share{i:02}")
        governed.owner.add_table(f"share{i:02}", "retail", "orders", location, historyShared=True)
    readers = {}
    for i in range(COUNT):
        granted = [f"share{k:02}" for k in range(COUNT) if chance.random() < 0.5]
        readers[f"recipient{i:02}"] = (governed.recipient(f"recipient{i:02}", *granted), granted)
    return readers


def test_grant_matrix_over_every_route(matrix):
    """S-B01, S-B02: 50 recipients, 50 shares, every route: what is not granted is 404 and
    absent from lists, in the same words as what does not exist."""
    for reader, granted in matrix.values():
        assert reader.shares() == granted
        for share in (f"share{k:02}" for k in range(COUNT)):
            answer = probe(reader, "GET", "/shares/{share}/schemas/retail/tables", share)
            assert answer.status_code == (200 if share in granted else 404), share
    names = sorted(matrix)
    for position, (method, path) in enumerate(ROUTES):
        reader, granted = matrix[names[position]]
        for share in (f"share{k:02}" for k in range(COUNT)):
            answer = probe(reader, method, path, share)
            missing = probe(reader, method, path, "nothing")
            if share in granted:
                assert answer.status_code != 401, (path, share)
                if "queries" not in path and "credentials" not in path and "changes" not in path:
                    assert answer.status_code == 200, (path, share, answer.text)
            else:
                assert answer.status_code == missing.status_code == 404, (path, share)
                assert answer.text.replace(share, "nothing") == missing.text, (path, share)
                same = ("Content-Type", "Cache-Control", "Delta-Table-Version")
                for header in same:
                    assert answer.headers.get(header) == missing.headers.get(header), header


def test_revoking_one_grant_leaves_the_others(matrix, governed):
    """S-B02."""
    name, (reader, granted) = next(iter(matrix.items()))
    governed.owner.revoke(granted[0], name)
    assert reader.shares() == granted[1:]
    for other, shares in list(matrix.values())[1:5]:
        assert other.shares() == shares


def test_names_are_found_regardless_of_case_and_keep_their_spelling(governed):
    governed.share("Sales")
    acme = governed.recipient("Acme", "sALES")
    assert acme.shares() == ["Sales"]
    assert acme.query("sales", "RETAIL", "Orders").status_code == 200


def test_shares_of_the_file_come_first_and_can_be_granted(launch, warehouse, tmp_path):
    config = tmp_path / "shares.yaml"
    config.write_text(
        "version: 1\nauthorization: {bearerToken: file-token}\nshares:\n"
        "- name: zebra\n  schemas:\n  - name: retail\n    tables:\n"
        f"    - {{name: orders, location: {warehouse}/retail/orders}}\n"
        "- name: ant\n  schemas: []\n"
    )
    governed = Governed(launch(config), warehouse)
    governed.share("middle")
    acme = governed.recipient("acme", "middle", "ant", "zebra")
    assert acme.shares() == ["zebra", "ant", "middle"]
    assert governed.reader("file-token").shares() == ["zebra", "ant"]
    listed = governed.owner.get("/shares")["items"]
    assert [share["source"] for share in listed] == ["configuration", "configuration", "managed"]
