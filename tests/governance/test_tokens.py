"""Tokens of recipients: given, rotated, revoked, handed over by a link."""

import threading
import time
from datetime import datetime

import pytest
import requests
from governance_support import Governed, SlowQuery
from support.large_table import write_large_table
from support.owner import Refused
from support.server import wait_until

CURL = {"User-Agent": "curl/8.0"}
BROWSER = {"User-Agent": "Mozilla/5.0", "Accept": "text/html"}


def test_a_recipient_reads_what_is_granted_with_its_own_token(governed):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    assert acme.shares() == ["sales"]
    answer = acme.query("sales", "retail", "orders")
    assert answer.status_code == 200
    assert '"file"' in answer.text or '"url"' in answer.text


def follow_changes(reader, statuses, stop):
    """What a stream does: asks for the version, then for what came since, by the token of `reader`."""
    at = 0
    while not stop.is_set():
        version = reader.get("/shares/sales/schemas/retail/tables/orders/version")
        statuses.append(version.status_code)
        body = {"startingVersion": at}
        statuses.append(reader.query("sales", "retail", "orders", body).status_code)
        at = 0 if at else int(version.headers.get("Delta-Table-Version", 0))


def test_rotation_breaks_no_request_of_anybody(governed):
    """S-B04: streams run through a rotation without one failed request, the rotated one by its old
    token until it takes the new; after the grace the old token is refused."""
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    other = governed.recipient("other", "sales")
    old = governed.reader(acme.session.headers["Authorization"].removeprefix("Bearer "))
    statuses, stop = [], threading.Event()
    threads = [
        threading.Thread(target=follow_changes, args=(reader, statuses, stop))
        for reader in (acme, other)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(statuses) > 20, what="the streams run")
    fresh = governed.owner.rotate_token("acme", grace="1h")["token"]
    seen = len(statuses)
    wait_until(lambda: len(statuses) > seen + 20, what="they go on")
    acme.session.headers["Authorization"] = f"Bearer {fresh}"
    seen = len(statuses)
    wait_until(lambda: len(statuses) > seen + 20, what="they go on with the new token")
    assert old.get("/shares").status_code == 200, "the grace is not over"
    # The last of the grace: both are good, then the newest alone is.
    newest = governed.owner.rotate_token("acme", grace="1s")["token"]
    acme.session.headers["Authorization"] = f"Bearer {newest}"
    wait_until(lambda: old.get("/shares").status_code == 401, what="the grace ends")
    seen = len(statuses)
    wait_until(lambda: len(statuses) > seen + 20, what="they go on after the grace")
    stop.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}


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


def test_what_others_are_reading_goes_on_when_a_token_is_revoked(governed, tmp_path):
    """S-B05: answers that were under way, of others and of the token itself, end as they would have."""
    location = write_large_table(str(tmp_path / "large"), 40_000)
    governed.owner.create_share("sales")
    governed.owner.add_table("sales", "d", "large", location)
    acme = governed.recipient("acme", "sales")
    other = governed.recipient("other", "sales")
    running = [SlowQuery(reader, "sales", "d", "large") for reader in (other, acme)]
    [token] = governed.owner.get("/recipients/acme")["tokens"]
    governed.owner.revoke_token("acme", token["id"])
    assert acme.get("/shares").status_code == 401
    for query in running:
        answer = query.rest()
        assert answer.startswith(b"HTTP/1.1 200") and answer.count(b'{"file":') == 40_000
    assert other.query("sales", "d", "large", {"maxFiles": 1}).status_code == 200


def test_links_outlive_their_token_no_longer_than_their_lifetime(launch, warehouse):
    """S-B05: the bound is urlLifetime; who must end them at once disables the recipient."""
    governed = Governed(launch(None, "--url-lifetime", "3s"), warehouse)
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    text = acme.query("sales", "retail", "orders").text
    url = text.split('"url":"')[1].split('"')[0]
    end_ms = int(text.split('"expirationTimestamp":')[1].split("}")[0].split(",")[0])
    assert end_ms / 1000 <= time.time() + 3
    [token] = governed.owner.get("/recipients/acme")["tokens"]
    governed.owner.revoke_token("acme", token["id"])
    assert acme.get("/shares").status_code == 401
    wait_until(lambda: requests.get(url, timeout=60).status_code == 403, what="the link ends")
    # Read off before the request: a link that still works now would be refused a moment later.
    assert time.time() * 1000 >= end_ms


def test_links_to_files_end_with_the_recipient(governed):
    governed.share("sales")
    acme = governed.recipient("acme", "sales")
    lines = acme.query("sales", "retail", "orders").text.splitlines()
    url = next(part for part in lines if '"url"' in part).split('"url":"')[1].split('"')[0]
    assert requests.get(url, timeout=60).status_code == 200
    governed.owner.ask("PATCH", "/recipients/acme", json={"enabled": False})
    assert requests.get(url, timeout=60).status_code == 403
    assert acme.get("/shares").status_code == 401


def lifetime_days(issued):
    at = [datetime.fromisoformat(issued[key].replace("Z", "+00:00")) for key in ("createdAt", "expiresAt")]
    return round((at[1] - at[0]).total_seconds() / 86400, 3)


def test_tokens_end_after_ninety_days_and_never_after_more_than_a_year(governed):
    """S-B06: the default, the recipient's own, the command's, and the longest that is allowed."""
    governed.owner.create_recipient("acme")
    issued = governed.owner.issue_token("acme")
    assert issued["profile"]["expirationTime"] == issued["expiresAt"]
    [token] = governed.owner.get("/recipients/acme")["tokens"]
    assert lifetime_days(token) == 90
    governed.owner.create_recipient("brief", tokenLifetime="7d")
    governed.owner.issue_token("brief")
    governed.owner.issue_token("brief", lifetime="1d")
    tokens = governed.owner.get("/recipients/brief")["tokens"]
    assert sorted(lifetime_days(token) for token in tokens) == [1, 7]
    governed.owner.issue_token("acme", lifetime="365d")
    for wish in ({"lifetime": "366d"}, {"neverExpires": True}):
        with pytest.raises(Refused, match="maxTokenLifetime"):
            governed.owner.issue_token("acme", **wish)
    governed.owner.create_recipient("long", tokenLifetime="400d")
    governed.owner.issue_token("long")
    [token] = governed.owner.get("/recipients/long")["tokens"]
    assert lifetime_days(token) == 365, "the recipient's own is no way around it"


def test_a_token_without_an_end_needs_a_setting_and_a_word(launch, warehouse):
    """S-B06: the setting alone changes nothing."""
    governed = Governed(launch(None, "--max-token-lifetime", "3650d"), warehouse)
    governed.owner.create_recipient("acme")
    assert "expirationTime" in governed.owner.issue_token("acme")["profile"]
    endless = governed.owner.issue_token("acme", neverExpires=True)
    assert "expirationTime" not in endless["profile"]
    assert governed.reader(endless["token"]).get("/shares").status_code == 200


def test_a_token_that_ends_soon_says_so(governed):
    """S-B06: to its holder by a header, to the owner by a metric."""
    governed.owner.create_recipient("acme")
    soon = governed.reader(governed.owner.issue_token("acme", lifetime="3d")["token"])
    later = governed.reader(governed.owner.issue_token("acme", lifetime="80d")["token"])
    assert "Sluice-Token-Expires" in soon.get("/shares").headers
    assert "Sluice-Token-Expires" not in later.get("/shares").headers
    metrics = requests.get(governed.server.admin + "/metrics", timeout=60).text
    assert "\nsluice_tokens_expiring 1\n" in metrics


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
