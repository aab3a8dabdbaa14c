"""Folders of buckets that an owner shares whole: their tables come and go, and whatever the store
does, the owner's changes are in force at once."""

import json
import os
import signal
import subprocess

import delta_sharing
import pytest
import yaml
from support.lake import Table, files_of
from support.owner import TIMEOUT_S, Owner, Reader, Refused
from support.server import Server, binary_path, wait_until
from support.stores import Minio


class Lake(Server):
    """A server whose owner shares the folder lake/ of a bucket."""

    def __init__(self, folder, variables, arguments=()):
        super().__init__(None, str(folder / "data"), arguments, variables=variables)
        self.folder = folder

    def start(self):
        super().start()
        self.owner = Owner(self)
        return self

    def run(self, *arguments):
        return subprocess.run(
            [binary_path(), *arguments],
            env={**os.environ, "SLUICE_DATA_DIR": self.data_dir},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )

    def __call__(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def reader(self, name, share="lake"):
        """A new recipient that the share is granted to."""
        self.owner.create_recipient(name)
        self.owner.grant(share, name)
        self.profile = self.owner.issue_token(name)["profile"]
        return Reader(self.profile["endpoint"], self.profile["bearerToken"])

    def profile_file(self):
        path = self.folder / "lake.share"
        path.write_text(json.dumps(self.profile), encoding="utf-8")
        return str(path)

    def search(self):
        """Has the folders searched now, not in a minute."""
        self.process.send_signal(signal.SIGHUP)


def tables_of(reader, share="lake"):
    answer = reader.get(f"/shares/{share}/all-tables")
    answer.raise_for_status()
    return sorted(f"{item['schema']}.{item['name']}" for item in answer.json().get("items", []))


def wait_for_tables(reader, *names):
    wait_until(lambda: tables_of(reader) == sorted(names), what=f"the tables are {names}")


def put_table(tmp_path, store, bucket, path):
    return Table(str(tmp_path / path.replace("/", "-")), store, bucket, path=path)


@pytest.fixture
def lake(tmp_path, store):
    with Lake(tmp_path, store.client_environment()) as server:
        yield server


def test_a_folder_of_a_bucket_is_shared_whole(lake, store, bucket, tmp_path):
    orders = put_table(tmp_path, store, bucket, "lake/retail/orders_v2")
    put_table(tmp_path, store, bucket, "lake/weather")
    put_table(tmp_path, store, bucket, "beside/secret")
    store.put(bucket, "lake/readme.txt", b"no table")
    lake("share", "create", "lake")
    lake("share", "add-folder", "lake", store.location(bucket, "lake"), "--alias", "orders_v2=orders")
    reader = lake.reader("acme")
    # They are there when the command has returned.
    assert tables_of(reader) == ["default.weather", "retail.orders"]
    orders.append()
    assert len(files_of(reader.query("lake", "retail", "orders"))) == 3
    frame = delta_sharing.load_as_pandas(lake.profile_file() + "#lake.retail.orders")
    assert sorted(frame["id"]) == list(range(9))

    put_table(tmp_path, store, bucket, "lake/retail/eu/returns")
    lake.search()
    wait_for_tables(reader, "default.weather", "retail.orders", "retail_eu.returns")
    assert len(files_of(reader.query("lake", "retail_eu", "returns"))) == 2
    for key in store.list(bucket, "lake/weather/"):
        store.delete(bucket, key)
    lake.search()
    wait_for_tables(reader, "retail.orders", "retail_eu.returns")
    assert reader.query("lake", "default", "weather").status_code == 404


def test_tables_are_there_after_a_restart(lake, store, bucket, tmp_path):
    put_table(tmp_path, store, bucket, "lake/orders")
    lake.owner.create_share("lake")
    lake.owner.ask("POST", "/shares/lake/folders", json={"location": store.location(bucket, "lake")})
    reader = lake.reader("acme")
    lake.stop()
    lake.start()
    reader.endpoint = lake.endpoint
    assert tables_of(reader) == ["default.orders"]


def test_what_is_wrong_is_said_at_once(lake, store, bucket, tmp_path):
    lake.owner.create_share("lake")
    empty = store.location(bucket, "empty")
    refused = lake.run("share", "add-folder", "lake", empty)
    assert refused.returncode == 1
    assert empty in refused.stderr and "no Delta table" in refused.stderr
    missing = store.location("no-such-" + bucket, "lake")
    refused = lake.run("share", "add-folder", "lake", missing)
    assert refused.returncode == 1 and missing in refused.stderr
    refused = lake.run("share", "add-folder", "lake", "https://example.com/lake")
    assert refused.returncode == 1 and "one by one" in refused.stderr
    # Whoever knows better may: the tables come when they are there.
    lake("share", "add-folder", "lake", empty, "--no-check")
    reader = lake.reader("acme")
    assert tables_of(reader) == []
    put_table(tmp_path, store, bucket, "empty/orders")
    lake.search()
    wait_for_tables(reader, "default.orders")


@pytest.mark.parametrize("store", ["minio", "azurite"], indirect=True)
def test_a_sharing_file_with_a_folder_of_a_bucket_settles(lake, store, bucket, tmp_path):
    put_table(tmp_path, store, bucket, "lake/retail/orders")
    file = tmp_path / "sharing.yaml"
    folder = {"location": store.location(bucket, "lake"), "aliases": {"orders": "sales"}}
    wanted = {
        "shares": [{"name": "lake", "folders": [folder]}],
        "recipients": [{"name": "acme"}],
        "grants": [{"share": "lake", "to": "acme"}],
    }
    file.write_text(yaml.safe_dump(wanted), encoding="utf-8")
    planned = lake.run("apply", "-f", str(file), "--plan")
    assert planned.returncode == 3 and "+ folder" in planned.stdout, planned.stdout + planned.stderr
    lake("apply", "-f", str(file))
    assert lake("apply", "-f", str(file), "--plan") == "nothing differs\n"
    put_table(tmp_path, store, bucket, "lake/retail/returns")
    lake.search()
    token = lake.owner.issue_token("acme")["token"]
    reader = Reader(lake.endpoint, token)
    wait_for_tables(reader, "retail.returns", "retail.sales")
    assert lake("apply", "-f", str(file), "--plan") == "nothing differs\n"


@pytest.fixture
def own_minio(tmp_path):
    """One that a test may halt."""
    with Minio(str(tmp_path / "minio")) as store:
        store.create_bucket("lake")
        yield store


def test_a_revocation_is_in_force_while_the_store_hangs(own_minio, tmp_path):
    put_table(tmp_path, own_minio, "lake", "lake/orders")
    with Lake(tmp_path, own_minio.client_environment()) as lake:
        lake.owner.create_share("lake")
        place = own_minio.location("lake", "lake")
        lake.owner.ask("POST", "/shares/lake/folders", json={"location": place})
        leaving, staying = lake.reader("leaving"), lake.reader("staying")
        assert tables_of(leaving) == tables_of(staying) == ["default.orders"]
        own_minio.pause()
        lake.search()
        wait_until(lambda: "reloaded" in lake.log(), what="the folders are about to be searched")
        lake.owner.revoke("lake", "leaving")
        assert leaving.get("/shares/lake/all-tables").status_code == 404
        # Other changes of the share itself are made as well, and its tables stay.
        lake.owner.ask("PATCH", "/shares/lake", json={"comment": "still here"})
        assert tables_of(staying) == ["default.orders"]
        own_minio.resume()


def test_a_store_that_is_gone_takes_no_tables_away(own_minio, tmp_path):
    put_table(tmp_path, own_minio, "lake", "lake/orders")
    with Lake(tmp_path, own_minio.client_environment()) as lake:
        lake.owner.create_share("lake")
        place = own_minio.location("lake", "lake")
        lake.owner.ask("POST", "/shares/lake/folders", json={"location": place})
        reader = lake.reader("acme")
        own_minio.stop()
        lake.search()
        wait_until(lambda: "its tables stay as they were" in lake.log(), what="the log says so")
        assert tables_of(reader) == ["default.orders"]
        assert reader.query("lake", "default", "orders").status_code == 503
        with pytest.raises(Refused) as refused:
            lake.owner.ask("POST", "/shares/lake/folders", json={"location": place + "/more"})
        assert refused.value.status == 503 and place in refused.value.text
        own_minio.restart()
        put_table(tmp_path, own_minio, "lake", "lake/returns")
        lake.search()
        wait_for_tables(reader, "default.orders", "default.returns")
        wait_until(lambda: "can be searched again" in lake.log(), what="the log says so")
