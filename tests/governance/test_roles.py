"""What each role may do on the owner's surface, and what it may not."""

import os

import pytest
from support.owner import Owner, Refused

# What is tried: method, path, body. {mine} is the share owner's, {others} somebody else's.
READS = {
    "list shares": ("GET", "/shares", None),
    "list recipients": ("GET", "/recipients", None),
    "show its own share": ("GET", "/shares/{mine}", None),
    "list quotas": ("GET", "/quotas", None),
    "read records": ("GET", "/audit/records", None),
    "read usage": ("GET", "/usage", None),
}
ONES_OWN = {
    "change a share of its own": ("PATCH", "/shares/{mine}", {"comment": "changed"}),
    "create a share": ("POST", "/shares", {"name": "new-of-{who}"}),
    "create a recipient": ("POST", "/recipients", {"name": "new-of-{who}"}),
    "grant a share of its own": ("PUT", "/shares/{mine}/recipients/{reader}", {}),
    "give a token to a recipient of its own": ("POST", "/recipients/{reader}/tokens", {}),
}
OTHERS = {
    "change another's share": ("PATCH", "/shares/{others}", {"comment": "changed"}),
    "drop another's share": ("DELETE", "/shares/{others}", None),
    "grant another's share": ("PUT", "/shares/{others}/recipients/{reader}", {}),
    "give a token to another's recipient": ("POST", "/recipients/{stranger}/tokens", {}),
    "give its share away": ("PATCH", "/shares/{mine}", {"owner": "owner"}),
}
ADMINS = {
    "name a principal": ("PUT", "/principals/new-of-{who}", {"role": "admin"}),
    "register a root": ("PUT", "/roots/new-of-{who}", {"location": "/srv"}),
    "register an issuer": ("PUT", "/issuers/new-of-{who}", {"url": "https://login.example.com"}),
    "set a quota": ("PUT", "/quotas", {"measure": "requests", "limit": 9, "window": "day"}),
    "rotate the keys": ("POST", "/keys/rotation", None),
}
PROOFS = {"read heads": ("GET", "/audit/heads", None)}


@pytest.fixture
def people(governed):
    """An owner's surface for each role; the share owner has a share, a recipient and a root."""
    owner = governed.owner
    found = {"admin": owner}
    for name, role in (("ann", "share_owner"), ("bob", "auditor"), ("eve", "admin")):
        put = owner.ask("PUT", f"/principals/{name}", json={"role": role})
        found[name] = Owner(governed.server, put["token"])
    location = os.path.join(governed.warehouse, "retail")
    owner.ask("PUT", "/roots/retail", json={"location": location, "principals": ["ann"]})
    found["ann"].create_share("mine")
    found["ann"].create_recipient("reader")
    owner.create_share("others")
    owner.create_recipient("stranger")
    return found


def attempt(person, who, what):
    """200 if it is done, else the status of the refusal."""
    method, path, body = what
    words = {"mine": "mine", "others": "others", "reader": "reader", "stranger": "stranger"}
    words["who"] = who
    if body is not None:
        body = {k: v.format(**words) if isinstance(v, str) else v for k, v in body.items()}
    url = person.base + path.format(**words)
    status = person.session.request(method, url, json=body, timeout=60).status_code
    return 200 if status < 300 else status


def test_each_role_does_what_it_is_for_and_nothing_else(people):
    """S-B14: what is refused is refused with 403 or as if it were not there, and changes nothing."""
    allowed = {
        "eve": [*READS, *ONES_OWN, *ADMINS, *PROOFS],
        "ann": [*READS, *ONES_OWN],
        "bob": [*READS, *PROOFS],
    }
    everything = {**READS, **ONES_OWN, **OTHERS, **ADMINS, **PROOFS}
    wrong = []
    for who in ("bob", "ann", "eve"):
        for name, what in everything.items():
            if who == "eve" and name in OTHERS:
                continue  # an admin may do all, and would spoil it for the others
            status = attempt(people[who], who, what)
            expected = (200,) if name in allowed[who] else (403, 404)
            if status not in expected:
                wrong.append(f"{who}: {name}: {status}")
    assert not wrong
    shares = {share["name"]: share for share in people["admin"].get("/shares")["items"]}
    assert not shares["others"].get("comment") and shares["others"]["owner"] == "owner"
    assert people["admin"].get("/recipients/stranger").get("tokens", []) == []


def test_an_owner_sees_its_own_and_shares_below_its_roots_only(people, governed):
    """S-B14: a share owner inherits nothing of others."""
    ann = people["ann"]
    assert [share["name"] for share in ann.get("/shares")["items"]] == ["mine"]
    assert [r["name"] for r in ann.get("/recipients")["items"]] == ["reader"]
    retail = os.path.join(governed.warehouse, "retail")
    ann.add_table("mine", "retail", "orders", os.path.join(retail, "orders"))
    for outside in (
        os.path.join(governed.warehouse, "weather"),
        os.path.join(retail, "..", "weather"),
        retail + "er/orders",
        "s3://lake/retail/orders",
    ):
        with pytest.raises(Refused) as refused:
            ann.add_table("mine", "retail", "weather", outside)
        assert refused.value.status in (400, 403), outside
    assert attempt(people["eve"], "eve", OTHERS["drop another's share"]) == 200


def test_a_role_ends_with_its_principal_and_with_its_token(people, governed):
    """S-B14: at once; what it made stays."""
    admin = people["admin"]
    admin.ask("PUT", "/principals/ann", json={"role": "auditor"})
    assert attempt(people["ann"], "ann", ONES_OWN["create a share"]) in (401, 403)
    admin.ask("DELETE", "/principals/bob")
    with pytest.raises(Refused) as refused:
        people["bob"].get("/shares")
    assert refused.value.status == 401
    assert {"mine", "others"} <= {s["name"] for s in admin.get("/shares")["items"]}
