"""Where Sluice finds credentials when nobody gives it a key: the token services of the clouds, in
front of stores that take what they give out."""

import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from support.lake import fetch
from support.server import wait_until
from support.signing import azure_container_sas

only_minio = pytest.mark.parametrize("store", ["minio"], indirect=True)
only_azure = pytest.mark.parametrize("store", ["azurite_with_tokens"], indirect=True)
ROLE = "arn:aws:iam::123456789012:role/reader"
SOURCES = ["instance", "container", "web identity", "role", "profile"]


class Aws:
    """Temporary credentials of `minio`, given out by the services of `identity`."""

    def __init__(self, store, identity, folder):
        identity.aws_source = lambda policy, _duration_s: store.assume_role(policy)
        self.store, self.identity, self.folder = store, identity, folder
        self.stores = []

    def environment(self, source):
        found = {
            "AWS_ENDPOINT_URL_S3": self.store.endpoint,
            "AWS_ENDPOINT_URL_STS": self.identity.root,
            "AWS_REGION": self.store.region,
            "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/at/all",
            "AWS_CONFIG_FILE": "/nowhere/at/all",
        }
        if source != "instance":
            found["AWS_EC2_METADATA_DISABLED"] = "true"
        return found | getattr(self, source.replace(" ", "_"))()

    def instance(self):
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.identity.root}

    def container(self):
        self.identity.container_token = "container-secret"
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.identity.root + "/container/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container-secret",
        }

    def web_identity(self):
        path = self.folder / "token"
        path.write_text(self.identity.oidc_token(exp=int(time.time()) + 3600))
        return {"AWS_WEB_IDENTITY_TOKEN_FILE": str(path), "AWS_ROLE_ARN": ROLE}

    def role(self):
        self.identity.aws_users = {"AKIAUSER": "user-secret"}
        self.stores = [{"name": "role", "roleArn": ROLE}]
        return {"AWS_ACCESS_KEY_ID": "AKIAUSER", "AWS_SECRET_ACCESS_KEY": "user-secret"}

    def profile(self):
        self.identity.aws_users = {"AKIAUSER": "user-secret"}
        path = self.folder / "config"
        path.write_text(
            "[profile user]\naws_access_key_id = AKIAUSER\naws_secret_access_key = user-secret\n"
            f"[profile reader]\nrole_arn = {ROLE}\nsource_profile = user\n"
        )
        return {"AWS_CONFIG_FILE": str(path), "AWS_PROFILE": "reader"}


@pytest.fixture
def aws(store, identity, tmp_path):
    return Aws(store, identity, tmp_path)


def serve_by(serve, table, aws, source, **said):
    environment = aws.environment(source)
    stores = [store | {"prefix": f"s3://{table.bucket}"} for store in aws.stores]
    return serve({"t": table.location}, environment, stores=stores, delivery="url", **said)


@only_minio
@pytest.mark.parametrize("source", SOURCES)
def test_temporary_credentials_open_the_store(aws, table, serve, source):
    server = serve_by(serve, table, aws, source)
    [file, _] = server.files()
    assert parse_qs(urlsplit(file["url"]).query)["X-Amz-Security-Token"]
    assert fetch(file["url"]).status_code == 200
    log = server.logs("status=200")
    assert "user-secret" not in log and "container-secret" not in log


@only_minio
@pytest.mark.parametrize("source", SOURCES)
def test_a_link_does_not_outlive_its_credentials(aws, table, serve, source):
    aws.identity.lifetime_s = 60
    server = serve_by(serve, table, aws, source, urlLifetime="1h")
    [file, _] = server.files()
    assert int(parse_qs(urlsplit(file["url"]).query)["X-Amz-Expires"][0]) <= 60
    assert file["expirationTimestamp"] / 1000 <= time.time() + 60


@only_minio
@pytest.mark.parametrize("source", SOURCES)
def test_credentials_are_renewed(aws, table, serve, source):
    aws.identity.lifetime_s = 2
    server = serve_by(serve, table, aws, source)

    def token():
        [file, _] = server.files()
        return parse_qs(urlsplit(file["url"]).query)["X-Amz-Security-Token"]

    first = token()
    wait_until(lambda: token() != first, what="other credentials")


@only_minio
def test_credentials_are_kept_while_they_hold(aws, table, serve):
    server = serve_by(serve, table, aws, "container")
    for _ in range(3):
        server.files()
    assert len(aws.identity.asked("/container")) == 1


@only_minio
@pytest.mark.parametrize("source", ["container", "web identity", "role"])
def test_a_token_service_that_fails_is_unavailable_and_the_log_says_so(aws, table, serve, source):
    aws.identity.fail_next(1000, status=500)
    server = serve_by(serve, table, aws, source, urlLifetime="1h")
    answer = server.query()
    assert answer.status_code == 503 and "://" not in answer.text
    server.logs("500")
    aws.identity.forget()
    assert len(server.files()) == 2


@only_minio
def test_without_any_credentials_the_log_says_where_they_were_looked_for(aws, table, serve):
    environment = aws.environment("container") | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": ""}
    server = serve({"t": table.location}, environment)
    assert server.query().status_code == 503
    server.logs("AWS_ACCESS_KEY_ID")


class Azure:
    """An application and a machine that Azurite takes the tokens of."""

    def __init__(self, store, identity, folder):
        self.store, self.identity, self.folder = store, identity, folder

    def stores(self, bucket):
        prefix = f"az://{bucket}@{self.store.account}"
        said = {"name": "azure", "prefix": prefix, "endpoint": self.store.endpoint}
        return [said | {"caFile": self.store.ca}]

    def environment(self, source):
        return getattr(self, source.replace(" ", "_"))()

    def application(self):
        return {
            "AZURE_AUTHORITY_HOST": self.identity.root,
            "AZURE_TENANT_ID": self.identity.azure_tenant,
            "AZURE_CLIENT_ID": "reader",
        }

    def client_secret(self):
        self.identity.azure_clients = {"reader": "client-secret"}
        return {**self.application(), "AZURE_CLIENT_SECRET": "client-secret"}

    def workload_identity(self):
        token = self.identity.oidc_token()
        self.identity.azure_federated = {"reader": token}
        path = self.folder / "federated"
        path.write_text(token)
        return {**self.application(), "AZURE_FEDERATED_TOKEN_FILE": str(path)}

    def managed_identity(self):
        return {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.identity.root}


@pytest.fixture
def azure(store, identity, tmp_path):
    return Azure(store, identity, tmp_path)


def serve_azure(serve, table, azure, source, **said):
    stores = azure.stores(table.bucket)
    return serve({"t": table.location}, azure.environment(source), stores=stores, **said)


AZURE_SOURCES = ["client secret", "workload identity", "managed identity"]


# As the clouds' own programs take them from the environment, with a key in hand.


@only_minio
def test_a_session_in_the_environment_opens_the_store(store, table, serve):
    given = store.assume_role()
    variables = {
        **store.client_environment(),
        "AWS_ACCESS_KEY_ID": given.access_key,
        "AWS_SECRET_ACCESS_KEY": given.secret_key,
        "AWS_SESSION_TOKEN": given.session_token,
    }
    [file, _] = serve({"t": table.location}, variables, delivery="url").files()
    assert parse_qs(urlsplit(file["url"]).query)["X-Amz-Security-Token"] == [given.session_token]
    assert fetch(file["url"]).status_code == 200


KEYS_OF_AZURE = {
    "AZURE_STORAGE_KEY": lambda store, _: store.key,
    "AZURE_STORAGE_ACCOUNT_KEY": lambda store, _: store.key,
    "AZURE_STORAGE_SAS_TOKEN": lambda store, bucket: azure_container_sas(
        store.account, store.key, bucket
    ),
}


@pytest.mark.parametrize("store", ["azurite"], indirect=True)
@pytest.mark.parametrize("name", KEYS_OF_AZURE)
def test_a_key_of_azure_in_the_environment_opens_the_store(store, table, serve, name):
    said = {"name": "azure", "prefix": f"az://{table.bucket}@{store.account}"}
    secret = KEYS_OF_AZURE[name](store, table.bucket)
    variables = {"AZURE_STORAGE_ACCOUNT": store.account, name: secret}
    server = serve({"t": table.location}, variables, stores=[said | {"endpoint": store.endpoint}])
    [file, _] = server.files()
    # A signature that was given to the owner opens more than one file: recipients never get it.
    by_proxy = file["url"].startswith(server.endpoint + "/files/")
    assert by_proxy == (name == "AZURE_STORAGE_SAS_TOKEN")
    whole = fetch(file["url"])
    assert whole.status_code == 200 and len(whole.content) == file["size"]
    assert secret not in whole.url and secret not in server.log()


@only_azure
@pytest.mark.parametrize("source", AZURE_SOURCES)
@pytest.mark.parametrize("delivery", ["url", "proxy"])
def test_a_token_of_entra_opens_the_store(azure, table, serve, source, delivery):
    server = serve_azure(serve, table, azure, source, delivery=delivery)
    [file, _] = server.files()
    whole = fetch(file["url"], verify=azure.store.ca if delivery == "url" else True)
    assert whole.status_code == 200 and len(whole.content) == file["size"]
    assert "client-secret" not in server.logs("status=200")


@only_azure
def test_tokens_of_entra_are_renewed(azure, table, serve):
    azure.identity.lifetime_s = 6
    server = serve_azure(serve, table, azure, "client secret", delivery="proxy")

    def asked():
        server.files()
        return len(azure.identity.asked(f"/{azure.identity.azure_tenant}"))

    assert asked() >= 1
    wait_until(lambda: asked() >= 2, what="another token")


@only_azure
def test_a_wrong_client_secret_is_unavailable_and_the_log_says_why(azure, table, serve):
    environment = azure.client_secret() | {"AZURE_CLIENT_SECRET": "wrong-secret"}
    stores = azure.stores(table.bucket)
    server = serve({"t": table.location}, environment, stores=stores)
    answer = server.query()
    assert answer.status_code == 503 and "://" not in answer.text
    assert "wrong-secret" not in server.logs("AADSTS7000215")


@pytest.mark.parametrize("store", ["fake_gcs"], indirect=True)
def test_an_account_of_google_signs_its_links(store, table, serve, identity, tmp_path):
    path = tmp_path / "account.json"
    path.write_text(json.dumps(identity.service_account()))
    environment = {**store.client_environment(), "GOOGLE_APPLICATION_CREDENTIALS": str(path)}
    server = serve({"t": table.location}, environment, delivery="url")
    [file, _] = server.files()
    query = parse_qs(urlsplit(file["url"]).query)
    assert query["X-Goog-Algorithm"] == ["GOOG4-RSA-SHA256"]
    assert query["X-Goog-Credential"][0].startswith(identity.google_account + "/")
    assert fetch(file["url"]).status_code == 200
