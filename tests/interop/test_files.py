"""File downloads: whole files by every way of reading, and nothing beside the table's own files."""

import concurrent.futures
import hashlib
import json
import os
import shutil

import requests
from support.caller import TIMEOUT_S, TOKEN, caller_of
from support.server import REPOSITORY, copy_tables

ORDERS = "/shares/warehouse/schemas/retail/tables/orders"


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def test_every_byte_of_every_file_arrives(launch, warehouse):
    server = launch(warehouse)
    wanted = sorted(
        digest_of(os.path.join(folder, name))
        for folder, _, names in os.walk(warehouse + "/weather")
        for name in names
        if name.endswith(".parquet") and "_delta_log" not in folder
    )
    files = caller_of(server).files("/shares/warehouse/schemas/default/tables/weather")
    found = sorted(
        hashlib.sha256(requests.get(f["url"], timeout=TIMEOUT_S).content).hexdigest() for f in files
    )
    assert found == wanted


def test_ranges_put_together_are_the_file(launch, warehouse):
    server = launch(warehouse)
    file = caller_of(server).files(ORDERS)[0]
    whole = requests.get(file["url"], timeout=TIMEOUT_S).content
    step, parts = 1000, []
    for start in range(0, file["size"], step):
        response = requests.get(
            file["url"], headers={"Range": f"bytes={start}-{start + step - 1}"}, timeout=TIMEOUT_S
        )
        assert response.status_code == 206
        parts.append(response.content)
    assert b"".join(parts) == whole


def test_many_downloads_at_once(launch, warehouse):
    server = launch(warehouse)
    files = caller_of(server).files(ORDERS) * 10
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        sizes = list(
            pool.map(lambda f: len(requests.get(f["url"], timeout=TIMEOUT_S).content), files)
        )
    assert sizes == [f["size"] for f in files]


def test_separate_listener_for_downloads(launch, warehouse):
    server = launch(warehouse, "--tls-self-signed", "--files-listen", "127.0.0.1:0")
    url = caller_of(server, verify=False).files(ORDERS)[0]["url"]
    assert url.startswith("http://" + server.address("files"))
    assert requests.get(url, timeout=TIMEOUT_S).content[:4] == b"PAR1"
    assert (
        requests.get(
            f"http://{server.address('files')}/delta-sharing/shares",
            timeout=TIMEOUT_S,
            headers={"Authorization": "Bearer " + server.token()},
        ).status_code
        == 404
    )


def test_link_that_leads_out_of_the_table_is_refused(launch, tmp_path, warehouse):
    """A data file that is a symbolic link to a file elsewhere, and a folder that is one."""
    folder = tmp_path / "warehouse"
    shutil.copytree(warehouse, folder)
    secret = tmp_path / "secret.parquet"
    secret.write_bytes(b"PAR1 not shared PAR1")
    server = launch(folder)
    caller = caller_of(server)
    customers = caller.files("/shares/warehouse/schemas/retail/tables/customers")[0]["url"]
    name = customers.split("?")[0].rpartition("/")[2]
    os.remove(folder / "retail" / "customers" / name)
    os.symlink(secret, folder / "retail" / "customers" / name)
    dutch = next(f["url"] for f in caller.files(ORDERS) if f["partitionValues"]["country"] == "NL")
    shutil.move(folder / "retail" / "orders" / "country=NL", tmp_path / "moved")
    os.symlink(tmp_path / "moved", folder / "retail" / "orders" / "country=NL")
    for url in (customers, dutch):
        response = requests.get(url, timeout=TIMEOUT_S)
        assert response.status_code in (403, 404), response.status_code
        assert b"PAR1" not in response.content


def test_allowed_root_is_served_and_nothing_beside_it(launch, write_config, tmp_path):
    copy_tables(os.path.join(REPOSITORY, "tests", "data", "tables"), str(tmp_path / "tables"))
    table = f"{tmp_path}/tables/absolute-outside"
    server = launch(
        write_config(
            {"t": table + "/delta"}, more=f"sluice:\n  allowedRoots: [{table}/elsewhere]\n"
        )
    )
    files = caller_of(server, TOKEN).files("/shares/s/schemas/d/tables/t")
    assert [requests.get(f["url"], timeout=TIMEOUT_S).status_code for f in files] == [200, 200]


def test_url_of_another_table_does_not_open_a_file_of_the_same_name(launch, warehouse, tmp_path):
    folder = tmp_path / "warehouse"
    shutil.copytree(warehouse + "/weather", folder / "one")
    shutil.copytree(warehouse + "/weather", folder / "two")
    caller = caller_of(launch(folder))
    one = caller.files("/shares/warehouse/schemas/default/tables/one")[0]["url"]
    assert (
        requests.get(
            one.replace("/tables/one/", "/x/").replace("/default/one/", "/default/two/"),
            timeout=TIMEOUT_S,
        ).status_code
        == 403
    )


def test_next_query_sees_a_new_commit(launch, tmp_path, warehouse):
    folder = tmp_path / "warehouse"
    shutil.copytree(warehouse + "/weather", folder / "weather")
    server = launch(folder)
    path = "/shares/warehouse/schemas/default/tables/weather"
    caller = caller_of(server)
    before = caller.files(path)
    shutil.copy(
        folder / "weather" / before[0]["url"].split("?")[0].rpartition("/")[2],
        folder / "weather" / "new.parquet",
    )
    size = before[0]["size"]
    add = {"path": "new.parquet", "partitionValues": {}, "size": size, "modificationTime": 1}
    commit = folder / "weather" / "_delta_log" / "00000000000000000008.json"
    commit.write_text(json.dumps({"add": add | {"dataChange": True}}) + "\n")
    response = caller.query(path)
    assert response.headers["delta-table-version"] == "8"
    assert len(caller.files(path)) == len(before) + 1
