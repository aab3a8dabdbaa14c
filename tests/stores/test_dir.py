"""Temporary credentials for a table's directory: who reads it by them, and what they do not open."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs

import pytest
import requests
from deltalake import DeltaTable
from support import jwt
from support.lake import TIMEOUT_S, TOKEN, Table, files_of, prefix_of
from support.server import ServerFailed
from support.signing import AwsCredentials, Request, encode_query, send, sign_aws

only_minio = pytest.mark.parametrize("store", ["minio"], indirect=True)
only_versitygw = pytest.mark.parametrize("store", ["versitygw"], indirect=True)
only_azurite = pytest.mark.parametrize("store", ["azurite"], indirect=True)
only_azure = pytest.mark.parametrize("store", ["azurite_with_tokens"], indirect=True)
only_google = pytest.mark.parametrize("store", ["fake_gcs"], indirect=True)

DIR = {"delivery": "dir", "historyShared": True}
ROLE = "arn:aws:iam::123456789012:role/recipients"
CLOCK_S = 2  # between two clocks of one machine, with their rounding


def shared(table, **said):
    return {"location": table.location, **DIR, **said}


def minio_store(store, bucket, **said):
    """What the configuration says of MinIO; its keys come from the environment."""
    place = {"name": "m", "prefix": prefix_of(store, bucket), "endpoint": store.endpoint}
    return [{**place, "profile": "minio", **said}]


def ask(server, table="t", token=TOKEN, **arguments):
    return requests.post(
        f"{server.endpoint}/shares/s/schemas/d/tables/{table}/temporary-table-credentials",
        headers={"Authorization": "Bearer " + token},
        timeout=TIMEOUT_S,
        **arguments,
    )


def given(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["credentials"]


def get(server, path):
    headers = {"Authorization": "Bearer " + TOKEN}
    return requests.get(server.endpoint + path, headers=headers, timeout=TIMEOUT_S)


class Opened:
    """MinIO, as somebody with vended credentials finds it."""

    def __init__(self, store, bucket, vended):
        self.store, self.bucket = store, bucket
        keys = vended["awsTempCredentials"]
        self.keys = AwsCredentials(
            keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"]
        )

    def ask(self, method, url, body=b""):
        request = sign_aws(Request(method, url, {}, body), self.keys, self.store.region)
        return send(request).status

    def get(self, key):
        return self.ask("GET", self.store.object_url(self.bucket, key))

    def put(self, key):
        return self.ask("PUT", self.store.object_url(self.bucket, key), b"x")

    def delete(self, key):
        return self.ask("DELETE", self.store.object_url(self.bucket, key))

    def list(self, prefix, bucket=None):
        query = encode_query({"list-type": "2", "prefix": prefix})
        return self.ask("GET", f"{self.store.endpoint}/{bucket or self.bucket}?{query}")

    def delta_options(self):
        return {
            **self.store.delta_options(),
            "AWS_ACCESS_KEY_ID": self.keys.access_key,
            "AWS_SECRET_ACCESS_KEY": self.keys.secret_key,
            "AWS_SESSION_TOKEN": self.keys.session_token,
        }


@pytest.fixture
def sibling(store, table, tmp_path):
    """A table whose path begins as that of `table` does."""
    return Table(str(tmp_path / "sibling"), store, table.bucket, path=table.path + "2")


@pytest.fixture
def server(store, table, serve):
    stores = minio_store(store, table.bucket)
    return serve({"t": shared(table)}, store.client_environment(), stores=stores)


@only_minio
def test_delta_rs_reads_the_table_by_vended_credentials(store, table, server):
    vended = given(ask(server))
    assert vended["location"] == table.location
    options = Opened(store, table.bucket, vended).delta_options()
    read = DeltaTable(vended["location"], storage_options=options)
    assert read.version() == 1
    assert sorted(read.to_pyarrow_table()["id"].to_pylist()) == list(range(6))
    table.append()
    read.update_incremental()
    assert read.to_pyarrow_table().num_rows == 9


@only_minio
def test_neither_siblings_nor_parents_are_opened(store, table, sibling, server):
    opened = Opened(store, table.bucket, given(ask(server)))
    commit = "_delta_log/00000000000000000000.json"
    assert opened.get(f"{table.path}/{commit}") == 200
    assert opened.list(f"{table.path}/") == opened.list(f"{table.path}/_delta_log/") == 200
    assert opened.get(f"{sibling.path}/{commit}") == 403
    assert opened.get("lake/beside.txt") == opened.get("top.txt") == 403
    for prefix in ("", "lake", "lake/", table.path, sibling.path, sibling.path + "/"):
        assert opened.list(prefix) == 403, prefix
    store.create_bucket(table.bucket + "-2")
    assert opened.list(f"{table.path}/", bucket=table.bucket + "-2") == 403


@only_minio
def test_nothing_is_written_by_them(store, table, server):
    opened = Opened(store, table.bucket, given(ask(server)))
    [some_file] = [key for key in store.list(table.bucket, table.path) if "00000.json" in key]
    assert opened.put(f"{table.path}/new.txt") == opened.put(some_file) == 403
    assert opened.delete(some_file) == 403
    assert opened.get(some_file) == 200


@only_minio
def test_a_part_of_the_table_may_be_asked_for(store, table, server):
    log = table.location + "/_delta_log"
    vended = given(ask(server, json={"location": log.replace("s3:", "s3a:")}))
    assert vended["location"] == log
    opened = Opened(store, table.bucket, vended)
    assert opened.get(f"{table.path}/_delta_log/00000000000000000000.json") == 200
    assert opened.list(f"{table.path}/") == 403


@only_minio
def test_no_other_place_may_be_asked_for(table, server):
    bucket = f"s3://{table.bucket}"
    places = (bucket, f"{bucket}/lake", table.location + "2", f"{table.location}/../numbers2")
    for place in places:
        answer = ask(server, json={"location": place})
        assert answer.status_code == 400 and "configured storage location" in answer.text
    assert ask(server, data="[]").status_code == 400


@only_minio
def test_they_end_when_they_should(store, table, serve):
    stores = minio_store(store, table.bucket)
    server = serve(
        {"t": shared(table)},
        store.client_environment(),
        stores=stores,
        credentialLifetime="15m",
    )
    vended = given(ask(server))
    end_s = vended["expirationTime"] / 1000
    assert time.time() + 900 - TIMEOUT_S < end_s <= time.time() + 900 + CLOCK_S


@only_minio
def test_who_gets_them_is_logged_and_no_secret(table, server):
    keys = given(ask(server))["awsTempCredentials"]
    log = server.logs("credentials given", "status=200")
    [line] = [line for line in log.splitlines() if "credentials given" in line]
    assert f"location={table.location}" in line and "table=s.d.t" in line and "expires_at=" in line
    assert not any(secret in log for secret in keys.values())


@only_minio
def test_the_table_says_where_and_how_it_is_read(table, server):
    said = {"location": table.location, "accessModes": ["url", "dir"]}
    path = "/shares/s/schemas/d/tables"
    described = get(server, f"{path}/t").json()
    [listed] = get(server, path).json()["items"]
    [of_all] = get(server, "/shares/s/all-tables").json()["items"]
    lines = get(server, f"{path}/t/metadata").text.splitlines()
    for found in (described, listed, of_all, json.loads(lines[1])["metaData"]):
        assert {name: found[name] for name in said} == said


@only_minio
def test_it_is_queried_as_well(store, table, server):
    [file, _] = files_of(server.query())
    assert file["url"].startswith(store.endpoint)


@only_minio
def test_other_tables_give_none(store, table, serve):
    stores = minio_store(store, table.bucket)
    server = serve(
        {"t": {"location": table.location, "historyShared": True}},
        store.client_environment(),
        stores=stores,
    )
    assert ask(server).status_code == 400
    assert ask(server, "nowhere").status_code == 404
    assert ask(server, token="stranger").status_code == 401
    assert get(server, "/shares/s/schemas/d/tables/t").json()["accessModes"] == ["url"]


@only_minio
@pytest.mark.parametrize(
    "said, why",
    [
        ({"startVersion": 1}, "since version 1"),
        ({"historyShared": False}, "history sharing is not enabled"),
    ],
)
def test_a_table_of_which_a_part_is_shared_ends_the_start(store, table, serve, said, why):
    stores = minio_store(store, table.bucket)
    with pytest.raises(ServerFailed, match=f"delivery 'dir'.*{why}"):
        serve({"t": shared(table, **said)}, store.client_environment(), stores=stores)


@only_versitygw
def test_a_store_without_a_role_ends_the_start(store, table, serve):
    with pytest.raises(ServerFailed, match="gives no temporary credentials.*dirRoleArn"):
        serve({"t": shared(table)}, store.client_environment())


def test_a_folder_of_this_machine_ends_the_start(tmp_path, warehouse, serve):
    with pytest.raises(ServerFailed, match="gives no temporary credentials"):
        serve({"t": {"location": f"{warehouse}/orders", **DIR}})


@pytest.fixture
def by_role(store, table, identity, serve):
    """A server that assumes a role at the emulator of STS, which MinIO's credentials are behind."""
    identity.aws_users = {store.access_key: store.secret_key}
    identity.aws_source = store.assume_role
    environment = {**store.client_environment(), "AWS_ENDPOINT_URL_STS": identity.root}
    stores = minio_store(store, table.bucket, profile="aws", dirRoleArn=ROLE)
    return serve({"t": shared(table)}, environment, stores=stores)


@only_minio
def test_a_role_is_assumed_with_a_policy(store, table, sibling, identity, by_role):
    opened = Opened(store, table.bucket, given(ask(by_role)))
    assert opened.list(f"{table.path}/") == 200 and opened.list(f"{sibling.path}/") == 403
    [asked] = identity.asked("/")
    assert asked.form["RoleArn"] == ROLE and asked.form["DurationSeconds"] == "3600"
    policy = json.loads(asked.form["Policy"])
    assert [rule["Action"] for rule in policy["Statement"]] == ["s3:GetObject", "s3:ListBucket"]


@only_minio
def test_a_token_service_that_fails_is_unavailable(identity, by_role):
    identity.fail_next(1, status=403)
    answer = ask(by_role)
    assert answer.status_code == 503 and "://" not in answer.text
    assert "credentials given" not in by_role.logs("403", "status=503")


def service_sas(key, account, container, path, query):
    """The signature of a service SAS of version 2020-12-06 and later.
    Source: Azure Storage REST API, "Create a service SAS"."""
    fields = [query["sp"], "", query["se"], f"/blob/{account}/{container}/{path}", "", ""]
    fields += [query["spr"], query["sv"], query["sr"], "", "", "", "", "", "", ""]
    digest = hmac.new(base64.b64decode(key), "\n".join(fields).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def check_sas(vended, table):
    """The query of a signature for the directory, as Azure documents it."""
    assert vended["location"] == table.location
    query = {k: v[0] for k, v in parse_qs(vended["azureUserDelegationSas"]["sasToken"]).items()}
    assert (query["sr"], query["sp"]) == ("d", "rl")
    assert query["sdd"] == str(table.path.count("/") + 1)
    end_s = time.mktime(time.strptime(query["se"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert end_s * 1000 == vended["expirationTime"]
    assert end_s <= time.time() + 3600 + CLOCK_S
    return query


@only_azurite
def test_azure_signs_for_a_directory_by_its_key(store, table, serve):
    server = serve({"t": shared(table)}, store.client_environment())
    query = check_sas(given(ask(server)), table)
    right = service_sas(store.key, store.account, table.bucket, table.path, query)
    assert query["sig"] == right
    assert query["sig"] not in server.logs("credentials given")


@only_azure
def test_azure_signs_for_a_directory_in_the_name_of_an_application(store, table, serve, identity):
    identity.azure_clients = {"reader": "client-secret"}
    environment = {
        "AZURE_AUTHORITY_HOST": identity.root,
        "AZURE_TENANT_ID": identity.azure_tenant,
        "AZURE_CLIENT_ID": "reader",
        "AZURE_CLIENT_SECRET": "client-secret",
    }
    place = {"name": "a", "prefix": prefix_of(store, table.bucket), "endpoint": store.endpoint}
    server = serve({"t": shared(table)}, environment, stores=[{**place, "caFile": store.ca}])
    query = check_sas(given(ask(server)), table)
    assert query["sktid"] == identity.azure_tenant and query["skoid"] and query["ske"]


def allows(rule, bucket, name="", list_prefix=""):
    """Whether a rule's condition holds for an object of that name, or for a list, as Google's
    expression language has it: an `or` of two texts that begin as they should."""
    condition = rule["availabilityCondition"]["expression"]
    of_object, of_list = condition.split(" || ")
    begin = of_object.removeprefix("resource.name.startsWith('").removesuffix("')")
    list_begin = of_list.removeprefix(
        "api.getAttribute('storage.googleapis.com/objectListPrefix', '').startsWith('"
    ).removesuffix("')")
    resource = f"projects/_/buckets/{bucket}/objects/{name}"
    return bool(name and resource.startswith(begin)) or bool(
        list_prefix and list_prefix.startswith(list_begin)
    )


@pytest.fixture
def google(store, table, identity, serve, tmp_path):
    path = tmp_path / "account.json"
    path.write_text(json.dumps(identity.service_account()))
    environment = {
        **store.client_environment(),
        "GOOGLE_APPLICATION_CREDENTIALS": str(path),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STS": identity.root,
    }
    return serve({"t": shared(table)}, environment)


@only_google
def test_google_downscopes_a_token_to_the_directory(table, identity, google):
    vended = given(ask(google))
    assert vended["location"] == table.location
    token = vended["gcpOauthToken"]["oauthToken"]
    [rule] = identity.google_tokens[token]
    assert rule["availableResource"].endswith("/buckets/" + table.bucket)
    assert rule["availablePermissions"] == ["inRole:roles/storage.objectViewer"]
    assert allows(rule, table.bucket, name=f"{table.path}/x")
    assert allows(rule, table.bucket, list_prefix=f"{table.path}/_delta_log/")
    assert not allows(rule, table.bucket, name=f"{table.path}2/x")
    assert not allows(rule, table.bucket, list_prefix=table.path)
    [asked] = identity.asked("/token")
    scope = jwt.claims_of(asked.form["assertion"])["scope"]
    assert scope == "https://www.googleapis.com/auth/cloud-platform"
    assert token not in google.logs("credentials given")


@only_google
def test_google_tokens_end_with_their_source(identity, google):
    identity.lifetime_s = 600
    vended = given(ask(google))
    assert vended["expirationTime"] / 1000 <= time.time() + 600
