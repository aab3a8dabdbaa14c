"""S-N03: many tenants on one server, each with a share of its own."""

import os

import requests

COUNT = 50
TABLES = ["accounts", "activities", "cases", "contacts", "conversations", "opportunities"]


def onboard(governed, name):
    """The tenant's reader. Its tables lie where those of the others do: what keeps tenants apart
    must not be the files."""
    location = os.path.join(governed.warehouse, "retail", "orders")
    governed.owner.create_share(name)
    for table in TABLES:
        governed.owner.add_table(name, "crm", table, location)
    return governed.recipient(name, name)


def onboard_all(governed, count):
    names = [f"tenant{number:03}" for number in range(count)]
    return {name: onboard(governed, name) for name in names}


def urls(reader, name, body=None):
    answer = reader.query(name, "crm", "cases", body)
    assert answer.status_code == 200
    return [part.split('"')[0] for part in answer.text.split('"url":"')[1:]]


def test_tenants_see_their_own_share_and_nothing_else(governed):
    """S-N03: six tables each, one share."""
    tenants = onboard_all(governed, COUNT)
    for name, reader in tenants.items():
        assert reader.shares() == [name]
        listed = reader.get(f"/shares/{name}/all-tables").json()["items"]
        assert [(table["share"], table["name"]) for table in listed] == [(name, t) for t in TABLES]
        for other in tenants:
            status = reader.get(f"/shares/{other}/schemas/crm/tables/cases/version").status_code
            assert status == (200 if other == name else 404), (name, other)


def test_nothing_that_one_tenant_was_given_opens_anything_of_another(governed):
    """S-N03, S-B20: keys of links and tokens of pages are each tenant's own."""
    (one, first), (other, second) = onboard_all(governed, 2).items()
    [url, *_] = urls(first, one)
    assert requests.get(url, timeout=60).status_code == 200
    for altered in (
        url.replace(f"/files/{one}/", f"/files/{other}/"),
        url.replace(f"X-Amz-Credential={one}", f"X-Amz-Credential={other}"),
        url.replace(one, other),
    ):
        assert altered != url
        assert requests.get(altered, timeout=60).status_code == 403, altered
    page = first.query(one, "crm", "cases", {"maxFiles": 1})
    token = page.text.split('"nextPageToken":"')[1].split('"')[0]
    body = {"maxFiles": 1, "pageToken": token}
    assert first.query(one, "crm", "cases", body).status_code == 200
    assert second.query(other, "crm", "cases", body).status_code == 400
    path = "/shares/{}/all-tables"
    token = first.get(path.format(one), maxResults=2).json()["nextPageToken"]
    assert first.get(path.format(one), maxResults=2, pageToken=token).status_code == 200
    assert second.get(path.format(other), maxResults=2, pageToken=token).status_code == 400
    governed.owner.ask("DELETE", f"/recipients/{one}")
    assert requests.get(url, timeout=60).status_code == 403
    assert urls(second, other)


def test_one_more_tenant_reads_at_once(governed):
    """S-N03."""
    tenants = onboard_all(governed, 5)
    newcomer = onboard(governed, "newcomer")
    assert newcomer.shares() == ["newcomer"]
    assert urls(newcomer, "newcomer")
    assert all(reader.shares() == [name] for name, reader in tenants.items())
