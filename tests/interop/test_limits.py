"""Hostile or broken clients: a clear answer, and the server stays up for the others."""

import json
import os
import socket
import time

import pytest
from support.caller import caller_of
from support.server import wait_until

MIB = 1 << 20
LIMIT_S = 60
ORDERS = "/shares/warehouse/schemas/retail/tables/orders"


@pytest.fixture
def server(launch, warehouse):
    return launch(warehouse, "--header-timeout", "1s")


def connect(server):
    host, port = server.address("recipients").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=LIMIT_S)


def head_of(server, *lines, method="POST", path=ORDERS + "/query"):
    """A request of who has the server's token, up to its body."""
    lines = (f"{method} /delta-sharing{path} HTTP/1.1", "Host: x", f"Authorization: Bearer {server.token()}", *lines)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def send_while_taken(connection, chunks):
    """Sends until all is sent or the server stops reading."""
    try:
        for chunk in chunks:
            connection.sendall(chunk)
    except (BrokenPipeError, ConnectionResetError):
        pass


def read_to_end(connection):
    """All that the server sends until it closes."""
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def read_status(connection):
    """The status of the answer that comes first. A server may answer and close while much is
    unread: then the kernel can discard the answer, so a reset without bytes counts as refused
    too."""
    received = b""
    try:
        while b"\r\n" not in received:
            chunk = connection.recv(65536)
            if not chunk:
                break
            received += chunk
    except ConnectionResetError:
        pass
    return int(received.split(b" ", 2)[1]) if received else None


def check_is_well(server):
    assert server.running(), server.log()[-3000:]
    assert caller_of(server).get("/shares").status_code == 200


def test_body_of_100_mb_is_refused_by_its_announced_length(server):
    with connect(server) as connection:
        connection.sendall(head_of(server, "Content-Length: 100000000"))
        # Nothing of the body is sent: the announcement alone is enough to refuse.
        assert read_status(connection) == 413
    check_is_well(server)


def test_body_of_100_mb_that_is_really_sent_does_no_harm(server):
    with connect(server) as connection:
        connection.sendall(head_of(server, "Content-Length: 100000000"))
        send_while_taken(connection, (b" " * MIB for _ in range(95)))
        assert read_status(connection) in (413, None)
    check_is_well(server)


def test_chunked_body_without_end_is_refused(server):
    with connect(server) as connection:
        connection.sendall(head_of(server, "Transfer-Encoding: chunked"))
        send_while_taken(connection, (b"100000\r\n" + b" " * MIB + b"\r\n" for _ in range(40)))
        assert read_status(connection) in (413, None)
    check_is_well(server)


def test_10000_headers_are_refused(server):
    with connect(server) as connection:
        send_while_taken(
            connection,
            [b"GET /delta-sharing/shares HTTP/1.1\r\nHost: x\r\n"]
            + [b"X-Header-%d: value\r\n" % i for i in range(10_000)]
            + [b"\r\n"],
        )
        assert read_status(connection) in (431, None)
    check_is_well(server)


def test_header_of_1_mb_is_refused(server):
    with connect(server) as connection:
        send_while_taken(
            connection, [b"GET /delta-sharing/shares HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * MIB]
        )
        assert read_status(connection) in (431, None)
    check_is_well(server)


def test_long_target_is_refused(server):
    with connect(server) as connection:
        send_while_taken(connection, [b"GET /" + b"a" * (4 * MIB) + b" HTTP/1.1\r\n\r\n"])
        assert read_status(connection) in (400, 414, 431, None)
    check_is_well(server)


def test_what_is_not_http_is_refused(server):
    for text in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ):
        with connect(server) as connection:
            connection.sendall(text)
            answer = read_to_end(connection)
            assert answer == b"" or 400 <= int(answer.split(b" ", 2)[1]) < 600, answer[:200]
    check_is_well(server)


def test_contradicting_lengths_are_refused(server):
    """Request smuggling: two lengths, or a length beside chunks (RFC 9112, 6.3)."""
    for fields in (
        b"Content-Length: 2\r\nContent-Length: 30\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    ):
        with connect(server) as connection:
            connection.sendall(
                b"POST /delta-sharing/shares HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n{}"
            )
            assert read_status(connection) in (400, None)
    check_is_well(server)


def test_slow_loris_is_cut_off_by_the_header_timeout(server):
    connections = [connect(server) for _ in range(50)]
    for connection in connections:
        connection.sendall(b"GET /delta-sharing/shares HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    check_is_well(server)
    for connection in connections:
        answer = read_to_end(connection)  # ends only because the server closes
        assert answer == b"" or answer.split(b" ", 2)[1] in (b"408", b"400")
        connection.close()
    check_is_well(server)


def test_bytes_that_trickle_do_not_extend_the_header_timeout(server):
    """The time runs from the first byte to the last of a request, not from byte to byte."""
    with connect(server) as connection:
        connection.sendall(b"GET /delta-sharing/shares HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        end = time.monotonic() + LIMIT_S
        try:
            while time.monotonic() < end:
                connection.sendall(b"a")
                time.sleep(0.05)
            pytest.fail("the server still takes bytes after a minute")
        except (BrokenPipeError, ConnectionResetError):
            pass
    check_is_well(server)


def test_client_that_leaves_in_the_middle_does_no_harm(server):
    files = caller_of(server).files(ORDERS)
    path = files[0]["url"].split("/", 3)[3]
    for _ in range(50):
        with connect(server) as connection:
            connection.sendall(head_of(server, "Content-Length: 2") + b"{}")
            connection.recv(10)
        with connect(server) as connection:
            connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connection.recv(10)
    check_is_well(server)


def test_connections_of_those_who_left_are_given_back(server):
    caller = caller_of(server)
    caller.get("/shares")
    before = open_descriptors(server)
    for _ in range(100):
        connect(server).close()
    wait_until(
        lambda: open_descriptors(server) <= before + 5, LIMIT_S, "descriptors are given back"
    )


def open_descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_pipelined_requests_are_answered_in_order(server):
    with connect(server) as connection:
        connection.sendall(
            head_of(server, method="GET", path="/shares/warehouse")
            + head_of(server, "Connection: close", method="GET", path="/shares/nowhere")
        )
        answer = read_to_end(connection)
    assert answer.index(b"HTTP/1.1 200") < answer.index(b"HTTP/1.1 404")


def make_wide_table(path, files):
    """A table whose log lists many files that are not there: enough for an answer of megabytes."""
    os.makedirs(path / "_delta_log")
    schema = json.dumps({"type": "struct", "fields": []})
    metadata = {"id": "w", "format": {"provider": "parquet", "options": {}}, "schemaString": schema}
    metadata |= {"partitionColumns": [], "configuration": {}}
    add = {"partitionValues": {}, "size": 4, "modificationTime": 1, "dataChange": True}
    with open(path / "_delta_log" / f"{0:020d}.json", "w", encoding="utf-8") as file:
        file.write(json.dumps({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}) + "\n")
        file.write(json.dumps({"metaData": metadata}) + "\n")
        for i in range(files):
            file.write(json.dumps({"add": {"path": f"part-{i:06d}.parquet"} | add}) + "\n")


def test_slow_readers_hold_no_worker(launch, tmp_path):
    """Eight clients take nothing of a long answer; with two workers, others still get theirs."""
    make_wide_table(tmp_path / "warehouse" / "wide", files=100_000)
    server = launch(tmp_path / "warehouse", "--workers", "2")
    path = "/shares/warehouse/schemas/default/tables/wide"
    slow = [connect(server) for _ in range(8)]
    for connection in slow:
        connection.sendall(head_of(server, "Content-Length: 2", path=path + "/query") + b"{}")
        connection.recv(1000)  # the answer has begun
    assert len(caller_of(server).files(path, {"limitHint": 1})) > 0
    assert caller_of(server).get("/shares").status_code == 200
    for connection in slow:
        connection.close()
    check_is_well(server)
