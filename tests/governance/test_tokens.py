"""Tokens of recipients: given, rotated, revoked, handed over by a link."""

import threading

import pytest
import requests
from support.owner import Refused

CURL = {"User-Agent": "curl/8.0"}
BROWSER = {"User-Agent": "Mozilla/5.0", "Accept": "text/html"}


def test_a_recipient_reads_what_is_granted_with_its_own_token(governed):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    assert acme.shares() == ["sales"]
    answer = acme.query("sales", "retail", "orders")
    assert answer.status_code == 200
    assert '"file"' in answer.text or '"url"' in answer.text


def test_rotation_breaks_no_request_of_anybody(governed):
    """S-B04: readers run through a rotation without one failed request; after the grace the old
    token is refused."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    other = governed.recipient("other", "sales")
    statuses, stop = [], threading.Event()

    def read(reader):
        while not stop.is_set():
            statuses.append(reader.query("sales", "retail", "orders").status_code)

    threads = [threading.Thread(target=read, args=(reader,)) for reader in (acme, other)]
    for thread in threads:
        thread.start()
    fresh = governed.owner.rotate_token("acme", grace="1h")
    for _ in range(20):
        assert governed.reader(fresh["token"]).shares() == ["sales"]
    stop.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    governed.owner.rotate_token("acme", grace="0s")
    assert governed.reader(fresh["token"]).get("/shares").status_code == 401


def test_revoking_a_token_stops_it_and_nothing_else(governed):
    """S-B05: the revoked token is refused by the next request; others are not touched."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    second = governed.reader(governed.owner.issue_token("acme")["token"])
    other = governed.recipient("other", "sales")
    tokens = governed.owner.get("/recipients/acme")["tokens"]
    governed.owner.revoke_token("acme", tokens[0]["id"])
    refused = [reader.get("/shares").status_code for reader in (acme, second)]
    assert sorted(refused) == [200, 401]
    assert other.query("sales", "retail", "orders").status_code == 200


def test_links_to_files_end_with_the_recipient(governed):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    lines = acme.query("sales", "retail", "orders").text.splitlines()
    url = next(part for part in lines if '"url"' in part).split('"url":"')[1].split('"')[0]
    assert requests.get(url, timeout=60).status_code == 200
    governed.owner.ask("PATCH", "/recipients/acme", json={"enabled": False})
    assert requests.get(url, timeout=60).status_code == 403
    assert acme.get("/shares").status_code == 401


def test_tokens_always_end_unless_the_owner_says_otherwise_twice(governed, launch, warehouse):
    """S-B06."""
    governed.owner.create_recipient("acme")
    issued = governed.owner.issue_token("acme")
    assert issued["profile"]["expirationTime"] == issued["expiresAt"]
    with pytest.raises(Refused, match="maxTokenLifetime"):
        governed.owner.issue_token("acme", lifetime="400d")
    with pytest.raises(Refused, match="maxTokenLifetime"):
        governed.owner.issue_token("acme", neverExpires=True)


def test_a_token_that_ends_soon_says_so(governed):
    governed.owner.create_recipient("acme")
    soon = governed.reader(governed.owner.issue_token("acme", lifetime="3d")["token"])
    later = governed.reader(governed.owner.issue_token("acme", lifetime="80d")["token"])
    assert "Sluice-Token-Expires" in soon.get("/shares").headers
    assert "Sluice-Token-Expires" not in later.get("/shares").headers


def test_an_activation_link_gives_the_profile_once(governed):
    governed.share("sales")
    governed.recipient("acme", "sales")
    link = governed.owner.activation_link("acme")
    assert requests.head(link, headers=CURL, timeout=60).status_code == 200
    page = requests.get(link, headers=BROWSER, timeout=60)
    assert page.status_code == 200 and "bearerToken" not in page.text
    preview = requests.get(link, headers={"User-Agent": "Slackbot-LinkExpanding 1.0"}, timeout=60)
    assert "bearerToken" not in preview.text
    profile = requests.get(link, headers=CURL, timeout=60)
    assert profile.headers["Cache-Control"] == "no-store"
    token = profile.json()["bearerToken"]
    assert governed.reader(token).shares() == ["sales"]
    assert requests.get(link, headers=CURL, timeout=60).status_code == 404
    assert requests.post(link, headers=BROWSER, timeout=60).status_code == 404


def test_a_browser_gets_the_profile_by_the_button(governed):
    governed.recipient("acme")
    link = governed.owner.activation_link("acme")
    profile = requests.post(link, headers=BROWSER, timeout=60)
    assert "attachment" in profile.headers["Content-Disposition"]
    assert profile.json()["shareCredentialsVersion"] == 1


def test_two_who_spend_a_link_at_once_get_one_profile(governed):
    governed.recipient("acme")
    link = governed.owner.activation_link("acme")
    statuses = []

    def spend():
        statuses.append(requests.get(link, headers=CURL, timeout=60).status_code)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [404] * 7


def test_recipients_call_from_their_networks_only(governed):
    governed.share("sales")
    inside = governed.recipient("inside", "sales", allowedNetworks=["127.0.0.0/8"])
    outside = governed.recipient("outside", "sales", allowedNetworks=["203.0.113.0/24"])
    assert inside.shares() == ["sales"]
    assert outside.get("/shares").status_code == 403


def test_managed_shares_survive_a_restart(governed, launch):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    token = acme.session.headers["Authorization"].removeprefix("Bearer ")
    governed.server.stop()
    again = launch()
    from support.owner import Owner, Reader

    endpoint = Owner(again).get("/whoami")["endpoint"]
    assert Reader(endpoint, token).shares() == ["sales"]
