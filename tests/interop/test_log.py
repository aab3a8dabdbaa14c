"""The log: one line per request, no secrets, and the cause of every failure that is not the
caller's."""

import os
import re

import requests
from support.caller import TIMEOUT_S, TOKEN, caller_of
from support.server import REPOSITORY, copy_tables, wait_until

ORDERS = "/shares/warehouse/schemas/retail/tables/orders"


def test_no_token_and_no_signed_url_is_logged(launch, warehouse):
    server = launch(warehouse, "--log-level", "debug")
    caller = caller_of(server)
    files = caller.files(ORDERS)
    for url in (files[0]["url"], files[0]["url"] + "x"):
        requests.get(url, timeout=TIMEOUT_S)
    planted = "planted-secret-8d1b44"
    requests.get(
        server.endpoint + "/shares",
        headers={"Authorization": "Bearer " + planted},
        timeout=TIMEOUT_S,
    )
    requests.get(server.endpoint + "/shares?pageToken=" + planted, timeout=TIMEOUT_S)
    token = server.token()
    with open(os.path.join(server.data_dir, "admin.token"), encoding="utf-8") as file:
        admin_token = file.read().strip()
    server.stop()
    log = server.log()
    signatures = [re.search(r"X-Amz-Signature=([^&]+)", f["url"])[1] for f in files]
    for secret in [token, admin_token, planted, *signatures]:
        assert secret not in log
    assert "X-Amz-Signature" not in log


def test_each_request_has_a_line_with_its_id(launch, warehouse):
    server = launch(warehouse)
    ids = [
        caller_of(server).get(path).headers["x-request-id"]
        for path in ("/shares", "/shares/nowhere")
    ]
    assert ids[0] != ids[1]
    for request_id in ids:
        wait_until(lambda: request_id in server.log(), what="the request is logged")
        assert server.log().count(request_id) == 1


def test_a_value_cannot_forge_a_line(launch, warehouse):
    server = launch(warehouse)
    response = caller_of(server).get("/shares/x%0aforged%20line%0d")
    wait_until(
        lambda: response.headers["x-request-id"] in server.log(), what="the request is logged"
    )
    assert not any(line.startswith("forged") for line in re.split(r"[\r\n]", server.log()))


def test_corrupt_table_is_named_in_the_log_with_the_request_id(launch, write_config, tmp_path):
    copy_tables(os.path.join(REPOSITORY, "tests", "data", "tables"), str(tmp_path / "tables"))
    tables = {"commit": "corrupt-commit", "checkpoint": "truncated-checkpoint"}
    server = launch(write_config({n: f"{tmp_path}/tables/{t}/delta" for n, t in tables.items()}))
    for name, what in (
        ("commit", r"00000000000000000001\.json(:|, line )2"),
        ("checkpoint", r"00000000000000000000\.checkpoint\.parquet"),
    ):
        response = caller_of(server, TOKEN).query(f"/shares/s/schemas/d/tables/{name}")
        assert response.status_code == 500
        request_id = response.headers["x-request-id"]
        lines = wait_until(
            lambda: [l for l in server.log().splitlines() if request_id in l],
            what="the failure is logged",
        )
        assert any(re.search(what, line) for line in lines), lines


def test_metrics_count_requests(launch, warehouse):
    server = launch(warehouse)
    for _ in range(3):
        caller_of(server).get("/shares")
    text = requests.get(server.admin + "/metrics", timeout=TIMEOUT_S).text
    totals = re.findall(r"^(\w*requests?\w*_total)\{?.*? (\d+)", text, re.MULTILINE)
    assert sum(int(count) for _, count in totals) >= 3, text[:2000]
    assert server.token() not in text
