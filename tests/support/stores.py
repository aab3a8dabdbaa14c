"""The object stores that the tests start by themselves: MinIO, versitygw, Azurite, fake-gcs-server.

    with Minio(folder) as store:
        store.create_bucket("lake")
        store.put_folder("lake", "examples/warehouse", "tables")
        store.list("lake", prefix="tables/", start_after="tables/b")

What is said here of a bucket is called a container by Azure. The programs come from `./dev setup`;
a missing one is an error. Keys are made anew for each run, but for Azurite's, which every client
knows.
"""

import contextlib
import json
import os
import secrets
import shutil
import xml.etree.ElementTree as xml
from urllib.parse import quote

from .daemon import Daemon, free_port, installed
from .signing import (
    AwsCredentials,
    Request,
    StoreRefused,
    encode_path,
    encode_query,
    send,
    sign_aws,
    sign_azure,
)

AZURITE_ACCOUNT = "devstoreaccount1"  # Azurite's own, in its documentation and in every client
AZURITE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
MAX_PAGES = 1000


def elements(text, name):
    """The texts of all elements of a name, whatever their namespace."""
    return [e.text or "" for e in xml.fromstring(text).iter() if e.tag.rsplit("}")[-1] == name]


class Store(Daemon):
    """What all four can do. With a `certificate` it speaks TLS; clients must then trust `ca`."""

    def __init__(self, folder, certificate=None, ca=None):
        super().__init__(folder)
        self.certificate, self.ca = certificate, ca
        self.data = os.path.join(self.folder, "data")

    def start_once(self):
        os.makedirs(self.data, exist_ok=True)
        return super().start_once()

    @property
    def scheme(self):
        return "https" if self.certificate else "http"

    @property
    def root(self):
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def endpoint(self):
        """What a client is told as the endpoint."""
        return self.root

    def signed(self, request):
        return request

    def ask(
        self, method, url, query=None, headers=None, body=b"", accept=(200, 201, 202, 204, 206)
    ):
        """One signed request; an answer whose status is not among `accept` raises StoreRefused."""
        url += "?" + encode_query(query) if query else ""
        request = self.signed(Request(method, url, dict(headers or {}), body))
        response = send(request, self.ca)
        if response.status not in accept:
            raise StoreRefused(f"{self.name}: {method} {url}", response)
        return response

    def object_url(self, bucket, key):
        return f"{self.endpoint}/{bucket}/{encode_path(key)}"

    def create_bucket(self, bucket):
        self.ask("PUT", f"{self.endpoint}/{bucket}")

    def put(self, bucket, key, body, headers=None):
        return self.ask("PUT", self.object_url(bucket, key), None, headers, body)

    def put_if_absent(self, bucket, key, body):
        """True if the object is new, False if there was one, which stays as it is."""
        return self.put_unless(bucket, key, body, headers={"if-none-match": "*"})

    def put_unless(self, bucket, key, body, **condition):
        try:
            self.put(bucket, key, body, **condition)
        except StoreRefused as refused:
            if refused.response.status in (409, 412):
                return False
            raise
        return True

    def get(self, bucket, key, headers=None):
        return self.ask("GET", self.object_url(bucket, key), None, headers)

    def get_range(self, bucket, key, first, last):
        """The bytes from `first` to `last`, both included."""
        return self.get(bucket, key, {"range": f"bytes={first}-{last}"}).body

    def head(self, bucket, key):
        return self.ask("HEAD", self.object_url(bucket, key))

    def delete(self, bucket, key):
        self.ask("DELETE", self.object_url(bucket, key))

    def list(self, bucket, prefix="", start_after=""):
        """All keys with the prefix, strictly after `start_after`, in the order of the store."""
        keys, token = [], ""
        for _ in range(MAX_PAGES):
            page, token = self.list_page(bucket, prefix, start_after, token)
            keys += page
            if not token:
                return keys
        raise RuntimeError(f"{self.name}: more than {MAX_PAGES} pages in {bucket}")

    def put_folder(self, bucket, folder, prefix=""):
        """Puts every file below a local folder, under `prefix`; returns the keys."""
        keys = []
        for parent, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(parent, name)
                key = os.path.relpath(path, folder).replace(os.sep, "/")
                keys.append(f"{prefix.rstrip('/')}/{key}" if prefix else key)
                with open(path, "rb") as file:
                    self.put(bucket, keys[-1], file.read())
        return keys


class S3Store(Store):
    """What MinIO and versitygw have in common."""

    def __init__(self, folder, certificate=None, ca=None, region="eu-test-1"):
        super().__init__(folder, certificate, ca)
        self.region = region
        self.access_key = "test" + secrets.token_hex(8)
        self.secret_key = secrets.token_hex(20)

    @property
    def credentials(self):
        return AwsCredentials(self.access_key, self.secret_key)

    def signed(self, request):
        return sign_aws(request, self.credentials, self.region)

    def list_page(self, bucket, prefix, start_after, token):
        query = {"list-type": "2", "prefix": prefix, "start-after": start_after}
        query["continuation-token"] = token
        query = {name: value for name, value in query.items() if value}
        answer = self.ask("GET", f"{self.endpoint}/{bucket}", query).body
        return elements(answer, "Key"), "".join(elements(answer, "NextContinuationToken"))

    def location(self, bucket, path=""):
        return f"s3://{bucket}/{path}"

    def client_environment(self):
        """The variables by which any S3 client finds this store."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def delta_options(self):
        """`storage_options` with which delta-rs reads and writes here."""
        options = {**self.client_environment(), "AWS_CONDITIONAL_PUT": "etag"}
        return {**options, "AWS_ALLOW_HTTP": str(not self.certificate).lower()}


class Minio(S3Store):
    """Answers virtual-host requests too: for BUCKET.s3.test, in the header Host."""

    name = "minio"
    domain = "s3.test"

    def command(self):
        certificates = os.path.join(self.folder, "certificates")
        os.makedirs(certificates, exist_ok=True)
        if self.certificate:
            shutil.copy(self.certificate.certificate, os.path.join(certificates, "public.crt"))
            shutil.copy(self.certificate.key, os.path.join(certificates, "private.key"))
        return [
            installed("stores", "minio", "minio"), "server", "--certs-dir", certificates,
            "--address", f"{self.host}:{self.port}",
            "--console-address", f"{self.host}:{free_port()}", self.data,
        ]  # fmt: skip

    def __init__(self, folder, certificate=None, ca=None, region="eu-test-1", variables=None):
        super().__init__(folder, certificate, ca, region)
        self.variables = variables or {}  # more of MinIO's settings, MINIO_IDENTITY_OPENID_* say

    def environment(self):
        return {
            "MINIO_ROOT_USER": self.access_key,
            "MINIO_ROOT_PASSWORD": self.secret_key,
            "MINIO_SITE_REGION": self.region,
            "MINIO_DOMAIN": self.domain,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            "MINIO_CI_CD": "on",  # no objection to the folder's disk
            **self.variables,
        }

    def is_ready(self):
        """Its own health checks are true before it takes requests, and STS comes last."""
        form = "?Action=AssumeRoleWithWebIdentity&Version=2011-06-15&WebIdentityToken=x"
        objects = send(self.signed(Request("GET", self.root + "/")), self.ca).status
        return (
            objects == 200 and send(Request("POST", self.root + "/" + form), self.ca).status != 503
        )

    def assume_role(self, policy=None, duration_s=3600):
        """Temporary credentials of STS, narrowed by `policy`, a session policy as a dictionary."""
        form = {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "DurationSeconds": str(duration_s),
            "RoleArn": "arn:aws:iam::123456789012:role/test",
            "RoleSessionName": "test",
        }
        if policy:
            form["Policy"] = json.dumps(policy)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = Request("POST", self.root + "/", headers, encode_query(form).encode())
        response = send(sign_aws(request, self.credentials, self.region, "sts"), self.ca)
        if response.status != 200:
            raise StoreRefused("minio: AssumeRole", response)
        return credentials_of(response.body)


def credentials_of(sts_answer):
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    return AwsCredentials(*(elements(sts_answer, name)[0] for name in names))


class Versitygw(S3Store):
    """Keeps objects as files of its folder and what it knows of them in a folder beside."""

    name = "versitygw"

    def command(self):
        arguments = ["--port", f"{self.host}:{self.port}", "--region", self.region]
        arguments += ["--health", "/health", "--quiet"]
        if self.certificate:
            arguments += ["--cert", self.certificate.certificate, "--key", self.certificate.key]
        sidecar = os.path.join(self.folder, "sidecar")
        os.makedirs(sidecar, exist_ok=True)
        program = installed("stores", "versitygw", "versitygw")
        return [program, *arguments, "posix", "--sidecar", sidecar, self.data]

    def environment(self):
        return {"ROOT_ACCESS_KEY": self.access_key, "ROOT_SECRET_KEY": self.secret_key}

    def is_ready(self):
        return send(Request("GET", self.root + "/health"), self.ca).status == 200


class Azurite(Store):
    """Blobs alone: it has no DFS endpoint. With TLS it takes Entra's tokens as well, after a look
    at their claims: signatures are not checked."""

    name = "azurite"
    account = AZURITE_ACCOUNT
    key = AZURITE_KEY

    def command(self):
        arguments = ["--blobHost", self.host, "--blobPort", str(self.port)]
        arguments += ["--location", self.data, "--disableTelemetry", "--silent"]
        if self.certificate:
            arguments += ["--cert", self.certificate.certificate, "--key", self.certificate.key]
            arguments += ["--oauth", "basic"]
        program = installed("stores", "azurite", "node_modules", "azurite", "dist", "src", "blob")
        return [installed("stores", "node", "bin", "node"), os.path.join(program, "main.js")] + (
            arguments
        )

    @property
    def endpoint(self):
        return f"{self.root}/{self.account}"

    def signed(self, request):
        return sign_azure(request, self.account, self.key)

    def is_ready(self):
        return send(Request("GET", self.endpoint + "?comp=list"), self.ca).status == 403

    def create_bucket(self, bucket):
        self.ask("PUT", f"{self.endpoint}/{bucket}", {"restype": "container"})

    def put(self, bucket, key, body, headers=None):
        headers = {"x-ms-blob-type": "BlockBlob", **(headers or {})}
        return super().put(bucket, key, body, headers)

    def list_page(self, bucket, prefix, start_after, token):
        # A marker is Azure's own affair; Azurite's is the last name of the page before.
        query = {"restype": "container", "comp": "list", "prefix": prefix}
        query["marker"] = token or start_after
        query = {name: value for name, value in query.items() if value}
        answer = self.ask("GET", f"{self.endpoint}/{bucket}", query).body
        blobs = [b for b in xml.fromstring(answer).iter("Blob")]
        return [blob.findtext("Name") for blob in blobs], "".join(elements(answer, "NextMarker"))

    def location(self, bucket, path=""):
        return f"abfss://{bucket}@{self.account}.dfs.core.windows.net/{path}"

    def client_environment(self):
        """The connection string by which any Azure client finds this store."""
        parts = {
            "DefaultEndpointsProtocol": self.scheme,
            "AccountName": self.account,
            "AccountKey": self.key,
            "BlobEndpoint": self.endpoint,
        }
        text = ";".join(f"{name}={value}" for name, value in parts.items())
        return {"AZURE_STORAGE_CONNECTION_STRING": text}

    def delta_options(self):
        return {
            "azure_storage_account_name": self.account,
            "azure_storage_account_key": self.key,
            "azure_endpoint": self.endpoint,
            "allow_http": str(not self.certificate).lower(),
        }


class FakeGcs(Store):
    """Checks no credentials and no signatures: those of Google need proofs of another kind."""

    name = "fake_gcs"
    project = "test-project"

    def command(self):
        authority = f"{self.host}:{self.port}"
        arguments = ["-scheme", self.scheme, "-host", self.host, "-port", str(self.port)]
        arguments += ["-backend", "filesystem", "-filesystem-root", self.data]
        arguments += ["-public-host", authority, "-external-url", self.root, "-log-level", "warn"]
        if self.certificate:
            arguments += ["-cert-location", self.certificate.certificate]
            arguments += ["-private-key-location", self.certificate.key]
        return [installed("stores", "fake-gcs-server", "fake-gcs-server"), *arguments]

    def is_ready(self):
        return send(Request("GET", self.root + "/_internal/healthcheck"), self.ca).status == 200

    def create_bucket(self, bucket):
        body = json.dumps({"name": bucket}).encode()
        headers = {"content-type": "application/json"}
        self.ask("POST", self.root + "/storage/v1/b", {"project": self.project}, headers, body)

    def put(self, bucket, key, body, headers=None, query=None):
        query = {"uploadType": "media", "name": key, **(query or {})}
        headers = {"content-type": "application/octet-stream", **(headers or {})}
        return self.ask("POST", f"{self.root}/upload/storage/v1/b/{bucket}/o", query, headers, body)

    def put_if_absent(self, bucket, key, body):
        return self.put_unless(bucket, key, body, query={"ifGenerationMatch": "0"})

    def delete(self, bucket, key):
        self.ask("DELETE", f"{self.root}/storage/v1/b/{bucket}/o/{quote(key, safe='')}")

    def list_page(self, bucket, prefix, start_after, token):
        query = {"prefix": prefix, "startOffset": start_after, "pageToken": token}
        query = {name: value for name, value in query.items() if value}
        answer = json.loads(self.ask("GET", f"{self.root}/storage/v1/b/{bucket}/o", query).body)
        names = [item["name"] for item in answer.get("items", [])]
        # An offset is the first name to be listed, not the one before it.
        return [name for name in names if name != start_after], answer.get("nextPageToken", "")

    def location(self, bucket, path=""):
        return f"gs://{bucket}/{path}"

    def client_environment(self):
        return {"STORAGE_EMULATOR_HOST": f"{self.host}:{self.port}"}

    def delta_options(self):
        account = {"gcs_base_url": self.root, "disable_oauth": True, "client_email": ""}
        account |= {"private_key": "", "private_key_id": ""}
        return {"google_service_account_key": json.dumps(account)}


STORES = {store.name: store for store in (Minio, Versitygw, Azurite, FakeGcs)}


@contextlib.contextmanager
def all_stores(folder):
    """Gives all four by name, started, each with a folder of its own below `folder`."""
    with contextlib.ExitStack() as running:
        yield {
            name: running.enter_context(kind(os.path.join(folder, name)))
            for name, kind in STORES.items()
        }
