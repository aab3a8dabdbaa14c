"""The pages for recipients, followed to the letter."""

import glob
import hashlib
import os

import pytest
from support.guide import blocks, follow
from support.owner import Owner
from support.server import Server


@pytest.fixture
def link(tmp_path, warehouse):
    """What the owner sends: made on a server that shares as the first page says."""
    with Server(None, str(tmp_path / "data")) as server:
        owner = Owner(server)
        owner.create_share("sales")
        location = os.path.join(warehouse, "retail", "orders")
        owner.add_table("sales", "retail", "orders", location, historyShared=True)
        owner.create_recipient("acme")
        owner.grant("sales", "acme")
        yield owner.activation_link("acme")


def test_a_partner_with_curl_alone(link, folder, warehouse):
    spellings = {"127.0.0.1:8080": link.split("/")[2]}
    follow("curl.md", "curl", folder, spellings, variables={"LINK": link})
    # The sum on the page is that of a file where the table lies.
    sums = set()
    for path in glob.glob(os.path.join(warehouse, "retail", "orders", "country=NL", "*.parquet")):
        with open(path, "rb") as file:
            sums.add(hashlib.sha256(file.read()).hexdigest())
    shown = "".join(block.text for block in blocks("curl.md", "curl"))
    assert any(digest in shown for digest in sums)
