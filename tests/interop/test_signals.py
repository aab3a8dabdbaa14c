"""Signals: SIGTERM drains, SIGHUP reloads. TLS: its own certificate, a given one, a new one."""

import datetime
import http.client
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading

import pytest
import requests
from support.caller import TIMEOUT_S, TOKEN, caller_of
from support.python import END_AT_ONCE
from support.server import wait_until

ORDERS = "/shares/s/schemas/d/tables/orders"
RELOADS = 20


def test_sigterm_lets_a_download_end(launch, tmp_path):
    """A download that is under way when the server is told to end gets all of its bytes."""
    table = tmp_path / "warehouse" / "big"
    size = make_table_with_one_file(table, size_bytes=64 << 20)
    server = launch(tmp_path / "warehouse")
    url = caller_of(server).files("/shares/warehouse/schemas/default/tables/big")[0]["url"]
    with requests.get(url, stream=True, timeout=TIMEOUT_S) as response:
        chunks = response.iter_content(1 << 16)
        received = len(next(chunks))
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not accepts(server), what="the listener closes")
        received += sum(len(chunk) for chunk in chunks)
    assert received == size
    assert server.process.wait(TIMEOUT_S) == 0


def make_table_with_one_file(path, size_bytes):
    """A table whose one data file is only bytes: the server must not care what is in it."""
    (path / "_delta_log").mkdir(parents=True)
    with open(path / "data.parquet", "wb") as file:
        file.truncate(size_bytes)
    schema = r"{\"type\":\"struct\",\"fields\":[]}"
    (path / "_delta_log" / "00000000000000000000.json").write_text(
        '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n'
        '{"metaData":{"id":"b","format":{"provider":"parquet","options":{}},"schemaString":"'
        + schema
        + '","partitionColumns":[],"configuration":{}}}\n'
        '{"add":{"path":"data.parquet","partitionValues":{},"size":'
        + str(size_bytes)
        + ',"modificationTime":1,"dataChange":true}}\n'
    )
    return size_bytes


def accepts(server):
    host, port = server.address("recipients").rsplit(":", 1)
    try:
        http.client.HTTPConnection(host, int(port), timeout=TIMEOUT_S).connect()
        return True
    except OSError:
        return False


def test_sigterm_on_an_idle_server_ends_it_well(launch, warehouse):
    server = launch(warehouse)
    caller_of(server).get("/shares")  # leaves an idle connection open
    assert server.stop() == 0


class Asking(threading.Thread):
    """Asks again and again on kept-alive connections, and notes what is not a 200."""

    def __init__(self, server, path):
        super().__init__()
        self.caller, self.path = caller_of(server, TOKEN), path
        self.done, self.count, self.bad = threading.Event(), 0, []

    def run(self):
        while not self.done.is_set():
            try:
                response = self.caller.query(self.path)
                if response.status_code != 200 or not response.content.endswith(b"\n"):
                    self.bad.append(response.status_code)
            except requests.RequestException as error:
                self.bad.append(repr(error))
            self.count += 1


def test_sighup_drops_no_request(launch, write_config, warehouse):
    tables = {"orders": warehouse + "/retail/orders"}
    server = launch(write_config(tables))
    askers = [Asking(server, ORDERS) for _ in range(4)]
    for asker in askers:
        asker.start()
    try:
        for i in range(RELOADS):
            write_config(tables | {f"more{i}": warehouse + "/weather"})
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: f"more{i}" in listed(server), what="the new table is listed")
    finally:
        for asker in askers:
            asker.done.set()
            asker.join()
    assert [a.bad for a in askers] == [[], [], [], []]
    assert all(a.count > 0 for a in askers)


def listed(server):
    return caller_of(server, TOKEN).get("/shares/s/all-tables").text


def test_sighup_with_a_broken_configuration_keeps_the_old_one(
    launch, write_config, warehouse, tmp_path
):
    path = write_config({"orders": warehouse + "/retail/orders"})
    server = launch(path)
    before = len(server.log())
    with open(path, "w", encoding="utf-8") as file:
        file.write("version: 1\nshares:\n  - naem: s\n")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: f"{path}:3" in server.log()[before:], what="the log names file and line")
    assert caller_of(server, TOKEN).query(ORDERS).status_code == 200


def test_sighup_takes_a_changed_token(launch, write_config, warehouse):
    path = write_config({"orders": warehouse + "/retail/orders"})
    server = launch(path)
    text = open(path, encoding="utf-8").read().replace(TOKEN, "another-token")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    server.process.send_signal(signal.SIGHUP)
    wait_until(
        lambda: caller_of(server, "another-token").get("/shares").ok, what="the new token works"
    )
    assert caller_of(server, TOKEN).get("/shares").status_code == 401


def test_sighup_finds_a_new_table_in_the_folder(launch, warehouse, tmp_path):
    folder = tmp_path / "warehouse"
    shutil.copytree(warehouse + "/weather", folder / "first")
    server = launch(folder)
    shutil.copytree(warehouse + "/retail/orders", folder / "second")
    server.process.send_signal(signal.SIGHUP)
    wait_until(
        lambda: '"second"' in caller_of(server).get("/shares/warehouse/all-tables").text,
        what="the new table is listed",
    )


def test_self_signed_tls(launch, warehouse):
    server = launch(warehouse, "--tls-self-signed")
    caller = caller_of(server, verify=False)
    files = caller.files("/shares/warehouse/schemas/retail/tables/customers")
    assert files[0]["url"].startswith("https://")
    assert caller.session.get(files[0]["url"], timeout=TIMEOUT_S).content[:4] == b"PAR1"
    with pytest.raises(requests.RequestException):
        requests.get(
            server.root.replace("https:", "http:") + "/healthz", timeout=TIMEOUT_S
        ).raise_for_status()


def test_clients_can_trust_the_servers_own_certificate(launch, warehouse, tmp_path):
    """The Python client in both formats, told nothing but the file; a new start keeps it."""
    certificate = tmp_path / "data" / "tls.crt"
    launch(warehouse, "--tls-self-signed").stop()
    before = certificate.read_bytes()
    launch(warehouse, "--tls-self-signed")
    assert certificate.read_bytes() == before
    table = f"{tmp_path}/data/me.share#warehouse.retail.customers"
    read = (
        "import delta_sharing as d;"
        f"print([len(d.load_as_pandas({table!r}, use_delta_format=f)) > 0 for f in (False, True)])"
    )
    trust = {"REQUESTS_CA_BUNDLE": str(certificate), "SSL_CERT_FILE": str(certificate)}
    done = subprocess.run(
        [sys.executable, "-c", read + END_AT_ONCE],
        env={**os.environ, **trust},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.stdout.strip() == "[True, True]", done.stderr


def test_old_tls_is_refused(launch, warehouse):
    server = launch(warehouse, "--tls-self-signed")
    context = ssl._create_unverified_context()
    try:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    except (ValueError, ssl.SSLError):
        pytest.skip("this Python's OpenSSL cannot speak TLS 1.1")
    host, port = server.address("recipients").rsplit(":", 1)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connection = http.client.HTTPSConnection(
            host, int(port), context=context, timeout=TIMEOUT_S
        )
        connection.request("GET", "/healthz")
        connection.getresponse()


def make_certificate(folder, name):
    """A certificate for 127.0.0.1, written in place of an older one."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make certificates")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            str(folder / "key.new"),
            "-out",
            str(folder / "cert.new"),
            "-days",
            "2",
            "-subj",
            f"/CN={name}",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )
    os.replace(folder / "key.new", folder / "key.pem")
    os.replace(folder / "cert.new", folder / "cert.pem")


def name_on_certificate(server):
    """The subject's name, as a client sees it that trusts what cert.pem holds now."""
    host, port = server.address("recipients").rsplit(":", 1)
    pem = ssl.get_server_certificate((host, int(port)), timeout=TIMEOUT_S)
    return subprocess.run(
        ["openssl", "x509", "-noout", "-subject"],
        input=pem,
        text=True,
        capture_output=True,
        check=True,
    ).stdout


def test_certificate_is_reloaded_without_a_restart(launch, warehouse, tmp_path):
    make_certificate(tmp_path, "first")
    server = launch(
        warehouse,
        "--tls-certificate",
        str(tmp_path / "cert.pem"),
        "--tls-key",
        str(tmp_path / "key.pem"),
    )
    caller = caller_of(server, verify=str(tmp_path / "cert.pem"))
    assert caller.get("/shares").status_code == 200
    assert "first" in name_on_certificate(server)
    make_certificate(tmp_path, "second")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "second" in name_on_certificate(server), what="the new certificate is shown")
    assert caller.get("/shares").status_code == 200  # the connection from before still works


def test_broken_certificate_keeps_the_old_one(launch, warehouse, tmp_path):
    make_certificate(tmp_path, "first")
    server = launch(
        warehouse,
        "--tls-certificate",
        str(tmp_path / "cert.pem"),
        "--tls-key",
        str(tmp_path / "key.pem"),
    )
    before = len(server.log())
    (tmp_path / "cert.pem").write_text("not a certificate\n")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "cert.pem" in server.log()[before:], what="the log names the file")
    assert "first" in name_on_certificate(server)


def test_reference_ssl_block(launch, write_config, warehouse, tmp_path):
    """The reference server's way to write it: ssl with certificateFile and certificateKeyFile."""
    make_certificate(tmp_path, "first")
    path = write_config(
        {"orders": warehouse + "/retail/orders"},
        more=(
            f"ssl:\n  selfSigned: false\n  certificateFile: {tmp_path}/cert.pem\n"
            f"  certificateKeyFile: {tmp_path}/key.pem\n"
        ),
    )
    server = launch(path)
    endpoint = f"https://{server.address('recipients')}/delta-sharing"
    response = requests.get(
        endpoint + "/shares",
        headers={"Authorization": "Bearer " + TOKEN},
        verify=str(tmp_path / "cert.pem"),
        timeout=TIMEOUT_S,
    )
    assert response.status_code == 200


def test_clock_of_a_link_is_an_hour_ahead(launch, warehouse):
    """Spark takes links of less than 15 minutes for links of an hour."""
    server = launch(warehouse)
    file = caller_of(server).files("/shares/warehouse/schemas/retail/tables/customers")[0]
    ahead_s = file["expirationTimestamp"] / 1000 - datetime.datetime.now().timestamp()
    assert 30 * 60 < ahead_s <= 61 * 60
