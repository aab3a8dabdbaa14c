"""Recipients: who they are, and what keeps them apart."""

import pytest
import requests
from governance_support import Governed
from support.certificates import Authority
from support.owner import Owner, Reader, Refused
from support.stores import Minio

ORDERS = ("sales", "retail", "orders")


def links_of(answer):
    answer.raise_for_status()
    return [part.split('"')[0] for part in answer.text.split('"url":"')[1:]]


def token_of(reader):
    return reader.session.headers["Authorization"].removeprefix("Bearer ")


def page(reader, share="sales", **body):
    """The status of a page, and the token of the next."""
    answer = reader.query(share, "retail", "orders", {"maxFiles": 2, **body})
    end = answer.text.rsplit('"nextPageToken":"', 1)
    return answer.status_code, end[1].split('"')[0] if len(end) == 2 else None


def test_a_recipient_is_made_shown_changed_and_dropped(governed):
    """S-B01: with its own credentials, which end with it."""
    owner = governed.owner
    governed.share("sales")
    made = owner.create_recipient("acme", attributes={"country": "FR"}, comment="a partner")
    assert owner.get("/recipients/ACME")["id"] == made["id"]
    changed = owner.ask("PATCH", "/recipients/acme", json={"attributes": {"country": "DE"}})
    assert changed["attributes"] == {"country": "DE"} and changed["comment"] == "a partner"
    owner.ask("PATCH", "/recipients/acme", json={"name": "globex"})
    assert [item["name"] for item in owner.get("/recipients")["items"]] == ["globex"]
    first = governed.reader(owner.issue_token("globex")["token"])
    second = governed.reader(owner.issue_token("globex")["token"])
    owner.grant("sales", "globex")
    assert token_of(first) != token_of(second)
    assert first.shares() == second.shares() == ["sales"]
    owner.ask("DELETE", "/recipients/globex")
    assert [reader.get("/shares").status_code for reader in (first, second)] == [401, 401]
    with pytest.raises(Refused, match="globex"):
        owner.get("/recipients/globex")
    # A new one of the same name inherits nothing.
    again = governed.recipient("globex")
    assert again.shares() == [] and first.get("/shares").status_code == 401


def test_tables_that_are_not_in_a_granted_share_are_not_there(governed):
    """S-B07: absent from every list, and 404 in the words of what does not exist."""
    governed.share("sales", "orders")
    governed.share("people", "customers")
    acme = governed.recipient("acme", "sales")
    listed = acme.get("/shares/sales/all-tables").json()["items"]
    assert [table["name"] for table in listed] == ["orders"]
    listed = acme.get("/shares/sales/schemas/retail/tables").json()["items"]
    assert [table["name"] for table in listed] == ["orders"]
    for share, table in (("sales", "customers"), ("people", "customers")):
        hidden = acme.query(share, "retail", table)
        missing = acme.query(share, "retail", "nothing")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.text.replace(table, "nothing") == missing.text
    governed.owner.grant("people", "acme")
    assert acme.query("people", "retail", "customers").status_code == 200


def test_what_one_tenant_was_given_is_no_good_to_another(governed):
    """S-B20: links, page tokens and tokens are bound to the recipient and to the share."""
    governed.share("sales")
    governed.share("twin")
    acme = governed.recipient("acme", "sales", "twin")
    globex = governed.recipient("globex", "sales", "twin")
    link = links_of(acme.query(*ORDERS))[0]
    assert requests.get(link, timeout=60).status_code == 200
    forged = {
        "another recipient": link.replace("X-Amz-Credential=acme", "X-Amz-Credential=globex"),
        "another share": link.replace("/files/sales/", "/files/twin/"),
        "another file": link.replace("part-00000", "part-00001", 1),
        "a longer life": link.replace("X-Amz-Expires=3600", "X-Amz-Expires=9999"),
        "another signature": link[:-4] + ("AAAA" if link[-4:] != "AAAA" else "BBBB"),
    }
    for what, url in forged.items():
        assert url != link, what
        assert requests.get(url, timeout=60).status_code == 403, what
    # The same file of the same table, for two recipients and two shares: three signatures.
    others = [links_of(globex.query(*ORDERS))[0], links_of(acme.query("twin", *ORDERS[1:]))[0]]
    signatures = {url.rsplit("X-Amz-Signature=", 1)[1] for url in (link, *others)}
    assert len(signatures) == 3
    status, token = page(acme)
    assert status == 200 and page(acme, pageToken=token)[0] == 200
    assert page(globex, pageToken=token)[0] == 400
    assert page(acme, share="twin", pageToken=token)[0] == 400
    assert page(acme, pageToken=token[:-2] + ("AA" if token[-2:] != "AA" else "BB"))[0] == 400


def test_a_tenants_rotation_leaves_what_others_hold(governed):
    """S-B20: and a new master key leaves what the last one signed until the next."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    globex = governed.recipient("globex", "sales")
    held = links_of(globex.query(*ORDERS))[0]
    _, token = page(globex)
    governed.owner.rotate_token("acme", grace="0s")
    assert acme.get("/shares").status_code == 401
    before = governed.owner.get("/keys")["fingerprints"]
    for rotations in (0, 1):
        assert globex.query(*ORDERS).status_code == 200, rotations
        assert requests.get(held, timeout=60).status_code == 200, rotations
        assert page(globex, pageToken=token)[0] == 200, rotations
        governed.owner.ask("POST", "/keys/rotation")
    assert requests.get(held, timeout=60).status_code == 403, "its key is two rotations old"
    assert page(globex, pageToken=token)[0] == 400
    assert not set(before) & set(governed.owner.get("/keys")["fingerprints"])
    assert requests.get(links_of(globex.query(*ORDERS))[0], timeout=60).status_code == 200


def test_every_way_is_tls_and_recipients_show_certificates(launch, warehouse, tmp_path):
    """S-B22: from the store to Sluice and from there to a recipient that shows its certificate and
    has no token; another authority's certificate, and none, get nowhere."""
    authority = Authority(str(tmp_path / "authority"))
    at_store = authority.issue("127.0.0.1", "localhost")
    tls = {"certificate": at_store, "ca": authority.certificate}
    with Minio(str(tmp_path / "minio"), **tls) as store:
        store.create_bucket("lake")
        store.put_folder("lake", warehouse, "warehouse")
        config = tmp_path / "server.yaml"
        config.write_text(
            "version: 1\nallowAnonymous: true\nshares: []\n"
            "stores:\n- name: lake\n  prefix: s3://lake\n"
            f"  endpoint: {store.root}\n  caFile: {authority.certificate}\n"
        )
        arguments = ("--tls-certificate", at_store.certificate, "--tls-key", at_store.key,
                     "--tls-client-auth", "required", "--tls-client-ca", authority.certificate,
                     "--delivery", "proxy")  # fmt: skip
        server = launch(config, *arguments, variables=store.client_environment())
        owner = Owner(server)
        endpoint = owner.get("/whoami")["endpoint"]
        assert endpoint.startswith("https://") and store.root.startswith("https://")
        owner.create_share("sales")
        owner.add_table("sales", "retail", "orders", "s3://lake/warehouse/retail/orders")
        owner.create_recipient(
            "acme", certificate={"alternativeName": "DNS:reader.acme.example"}
        )
        owner.grant("sales", "acme")
        pair = authority.issue("reader.acme.example", usage="clientAuth")
        acme = Reader(endpoint, None)
        acme.session.verify = authority.certificate
        acme.session.cert = (pair.certificate, pair.key)
        assert acme.shares() == ["sales"]
        link = links_of(acme.query(*ORDERS))[0]
        assert link.startswith("https://")
        assert acme.session.get(link, timeout=60).content[:4] == b"PAR1"
        other = authority.issue("reader.globex.example", usage="clientAuth")
        acme.session.cert = (other.certificate, other.key)
        acme.session.close()
        assert acme.query(*ORDERS).status_code in (401, 404)
        stranger = Authority(str(tmp_path / "stranger"), "Stranger")
        unknown = stranger.issue("reader.acme.example", usage="clientAuth")
        for certificate in (None, (unknown.certificate, unknown.key)):
            acme.session.close()
            acme.session.cert = certificate
            with pytest.raises(requests.exceptions.ConnectionError):
                acme.get("/shares")
