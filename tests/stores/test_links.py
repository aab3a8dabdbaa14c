"""The links that recipients get: those that a store signs, and those to Sluice, which hands the
bytes on."""

import signal
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from support.lake import TOKEN, fetch, is_link_to
from support.server import ServerFailed, wait_until

# They check signatures; fake-gcs-server does not.
each_that_checks = pytest.mark.parametrize(
    "store", ["minio", "versitygw", "azurite"], indirect=True
)
REFUSED = (400, 401, 403, 405)


@pytest.fixture
def links(store, table, serve):
    """Those of a table, signed by its store."""
    server = serve({"t": table.location}, store.client_environment(), delivery="url")
    files = server.files()
    assert all(is_link_to(store, file["url"]) for file in files)
    return [file["url"] for file in files]


def test_a_signed_link_gives_the_file_and_its_parts(links):
    whole = fetch(links[0])
    assert whole.status_code == 200 and whole.content[:4] == whole.content[-4:] == b"PAR1"
    part = fetch(links[0], headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, whole.content[4:10])


@each_that_checks
def test_a_signed_link_ends(store, table, serve):
    variables = store.client_environment()
    server = serve({"t": table.location}, variables, delivery="url", urlLifetime="6s")
    [file, _] = server.files()
    assert fetch(file["url"]).status_code == 200
    wait_until(lambda: fetch(file["url"]).status_code == 403, what="the link ends")


@each_that_checks
def test_a_signed_link_is_for_one_file(links):
    one, other = (urlsplit(url) for url in links)
    assert fetch(one._replace(path=other.path).geturl()).status_code == 403


@each_that_checks
def test_a_signed_link_cannot_be_prolonged_or_changed(links):
    for name, values in parse_qs(urlsplit(links[0]).query).items():
        changed = values[0][:-1] + ("1" if values[0][-1] != "1" else "2")
        parts = urlsplit(links[0])
        query = "&".join(
            f"{name}={changed}" if item.startswith(name + "=") else item
            for item in parts.query.split("&")
        )
        answer = fetch(parts._replace(query=query).geturl())
        assert answer.status_code in (*REFUSED, 404), (name, answer.status_code)


@each_that_checks
def test_a_signed_link_is_to_read_alone(links):
    for method in ("PUT", "DELETE", "POST"):
        headers = {"x-ms-blob-type": "BlockBlob"}
        answer = fetch(links[0], method, headers=headers, data=b"changed")
        assert answer.status_code in REFUSED, (method, answer.status_code)
    assert fetch(links[0]).content[:4] == b"PAR1"


@each_that_checks
def test_a_signed_link_without_its_signature_is_refused(links):
    assert fetch(links[0].split("?")[0]).status_code in (*REFUSED, 404)


@pytest.fixture
def relayed(store, table, serve):
    """A server that hands the files on, and the link to one."""
    server = serve({"t": table.location}, store.client_environment(), delivery="proxy")
    [file, _] = server.files()
    assert file["url"].startswith(server.endpoint + "/files/s/d/t/")
    server.link = file["url"]
    server.content = fetch(file["url"]).content
    assert len(server.content) == file["size"]
    return server


def test_a_relayed_file_comes_in_parts(relayed):
    size = len(relayed.content)
    wanted = {
        "bytes=0-3": (0, 4),
        "bytes=-8": (size - 8, size),
        f"bytes={size - 8}-": (size - 8, size),
        "bytes=4-10": (4, 11),
        f"bytes=10-{size * 2}": (10, size),
    }
    for text, (begin, end) in wanted.items():
        part = fetch(relayed.link, headers={"Range": text})
        assert (part.status_code, part.content) == (206, relayed.content[begin:end]), text
        assert part.headers["content-range"] == f"bytes {begin}-{end - 1}/{size}"
        assert int(part.headers["content-length"]) == end - begin
    beyond = fetch(relayed.link, headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{size}"


def test_a_relayed_file_is_described_without_its_bytes(relayed):
    head, whole = fetch(relayed.link, "HEAD"), fetch(relayed.link)
    assert head.status_code == whole.status_code == 200
    assert head.content == b"" and int(head.headers["content-length"]) == len(relayed.content)
    for name in ("etag", "accept-ranges", "content-type"):
        assert head.headers[name] == whole.headers[name]


def test_a_part_of_another_file_is_not_mixed_in(relayed):
    etag = fetch(relayed.link, "HEAD").headers["etag"]
    same = fetch(relayed.link, headers={"Range": "bytes=0-3", "If-Range": etag})
    other = fetch(relayed.link, headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert (same.status_code, len(same.content)) == (206, 4)
    assert (other.status_code, other.content) == (200, relayed.content)
    assert fetch(relayed.link, headers={"If-None-Match": etag}).status_code == 304


def test_a_relayed_connection_is_used_again(relayed):
    with requests.Session() as session:
        for text in ("bytes=0-3", "bytes=4-7", "bytes=-4"):
            assert len(session.get(relayed.link, headers={"Range": text}).content) == 4
            assert session.head(relayed.link).status_code == 200


def test_a_relayed_link_is_for_one_file_and_to_read(relayed):
    parts = urlsplit(relayed.link)
    assert fetch(parts._replace(path=parts.path + "x").geturl()).status_code == 403
    assert fetch(relayed.link[:-2]).status_code == 403
    for method in ("PUT", "DELETE", "POST"):
        assert fetch(relayed.link, method).status_code in (404, 405)


def test_a_relayed_file_that_is_gone_is_not_found(relayed, table):
    path = urlsplit(relayed.link).path.split("/files/s/d/t/")[1]
    table.store.delete(table.bucket, f"{table.path}/{path}")
    assert fetch(relayed.link).status_code == 404


def test_a_download_may_need_the_recipients_token_too(store, table, serve):
    server = serve({"t": table.location}, store.client_environment(), downloadsNeedToken=True)
    [file, _] = server.files()
    assert file["url"].startswith(server.endpoint + "/files/s/d/t/")
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = fetch(file["url"], headers=headers)
        assert answer.status_code == 401 and b"PAR1" not in answer.content
    mine = fetch(file["url"], headers={"Authorization": "Bearer " + TOKEN})
    assert mine.status_code == 200 and len(mine.content) == file["size"]


@pytest.mark.parametrize("store", ["minio"], indirect=True)
def test_links_of_the_store_ask_nobody_for_a_token(store, table, serve):
    said = {"location": table.location, "delivery": "url", "downloadsNeedToken": True}
    with pytest.raises(ServerFailed, match="use proxy"):
        serve({"t": said}, store.client_environment())



def test_a_relayed_link_ends_with_the_share(relayed, table):
    relayed.share({"other": table.location})
    relayed.process.send_signal(signal.SIGHUP)
    wait_until(lambda: relayed.query("other").status_code == 200, what="the new configuration")
    assert fetch(relayed.link).status_code == 403


def test_tables_choose_how_their_files_are_delivered(store, table, serve):
    tables = {
        "signed": {"location": table.location, "delivery": "url"},
        "relayed": {"location": table.location, "delivery": "proxy"},
    }
    server = serve(tables, store.client_environment())
    assert is_link_to(store, server.files("signed")[0]["url"])
    assert server.files("relayed")[0]["url"].startswith(server.endpoint + "/files/")
