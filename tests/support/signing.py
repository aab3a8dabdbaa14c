"""Signed requests to object stores with the standard library alone: a second opinion on the
signatures that Sluice computes, and the way in which tests fill the stores.

Sources: AWS Signature Version 4, "Create a signed AWS API request"; Azure, "Authorize with Shared
Key".
"""

import base64
import datetime
import hashlib
import hmac
import http.client
import re
import ssl
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

TIMEOUT_S = 30
UNRESERVED = "-_.~"
AZURE_VERSION = "2024-11-04"


@dataclass
class Response:
    status: int
    headers: dict  # names in lower case
    body: bytes


class StoreRefused(Exception):
    """An answer that is no success; `response` is the whole answer."""

    def __init__(self, what, response):
        text = response.body.decode(errors="replace")[:1000]
        super().__init__(f"{what}: {response.status} {text}")
        self.response = response


@dataclass
class Request:
    method: str
    url: str  # its path and query percent-encoded, as they are sent
    headers: dict = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    def query(self):
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))


def send(request, ca=None):
    """Sends it as it stands; `ca` is the path of a certificate authority to trust for https."""
    parts = urlsplit(request.url)
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=ca)
        connection = http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    target = parts.path + ("?" + parts.query if parts.query else "")
    try:
        connection.request(request.method, target or "/", request.body or None, request.headers)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, headers, answer.read())
    finally:
        connection.close()


def encode_path(path):
    return quote(path, safe="/" + UNRESERVED)


def encode_query(values):
    return urlencode(sorted(values.items()), quote_via=quote, safe=UNRESERVED)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def hmac_sha256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@dataclass
class AwsCredentials:
    access_key: str
    secret_key: str
    session_token: str = ""
    expires: str = ""  # as STS wrote it


def sign_aws(request, credentials, region, service="s3", now=None):
    """Adds the headers of AWS Signature Version 4. The path is encoded once, as S3 has it."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = request.headers
    headers.update({"host": urlsplit(request.url).netloc, "x-amz-date": stamp})
    headers["x-amz-content-sha256"] = sha256(request.body)
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    names = sorted(headers)
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    signature = aws_signature(request, names, scope, credentials.secret_key)
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return request


def aws_signature(request, names, scope, secret_key):
    """The signature of a request with a date, over the headers `names`, in hexadecimal digits."""
    headers = request.headers
    canonical = "\n".join(
        [
            request.method,
            urlsplit(request.url).path or "/",
            encode_query(request.query()),
            *(f"{name}:{' '.join(str(headers[name]).split())}" for name in names),
            "",
            ";".join(names),
            headers.get("x-amz-content-sha256", sha256(request.body)),
        ]
    )
    digest = sha256(canonical.encode())
    key = ("AWS4" + secret_key).encode()
    for step in scope.split("/"):
        key = hmac_sha256(key, step)
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest])
    return hmac_sha256(key, text).hex()


def check_aws(request, secrets):
    """The access key that signed a request, if its secret is in `secrets`; None otherwise."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)",
        request.headers.get("authorization", ""),
    )
    if not found or found[1] not in secrets or "x-amz-date" not in request.headers:
        return None
    names = found[3].split(";")
    if "host" not in names or any(name not in request.headers for name in names):
        return None
    right = aws_signature(request, names, found[2], secrets[found[1]])
    return found[1] if hmac.compare_digest(right, found[4]) else None


AZURE_SIGNED = (
    "content-encoding content-language content-length content-md5 content-type date "
    "if-modified-since if-match if-none-match if-unmodified-since range"
).split()


def sign_azure(request, account, key):
    """Adds the headers of Azure's Shared Key. The path of an emulator begins with the account."""
    headers = request.headers
    headers.update({"x-ms-date": formatdate(usegmt=True), "x-ms-version": AZURE_VERSION})
    if request.body:
        headers["content-length"] = str(len(request.body))
    own = sorted(name for name in headers if name.startswith("x-ms-"))
    query = sorted((name.lower(), value) for name, value in request.query().items())
    text = "\n".join(
        [
            request.method,
            *(headers.get(name, "") for name in AZURE_SIGNED),
            *(f"{name}:{headers[name]}" for name in own),
            f"/{account}{urlsplit(request.url).path}",
            *(f"{name}:{value}" for name, value in query),
        ]
    )
    digest = hmac_sha256(base64.b64decode(key), text)
    headers["authorization"] = f"SharedKey {account}:{base64.b64encode(digest).decode()}"
    return request


def azure_container_sas(account, key, container, permissions="rl"):
    """A service SAS for all blobs of a container, for an hour."""
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    resource = f"/blob/{account}/{container}"
    # permissions, start, end, resource, identifier, addresses, protocol, version, kind, and seven
    # that are left empty: snapshot, encryption scope, and the answer's headers.
    fields = [permissions, "", ends, resource, "", "", "", AZURE_VERSION, "c", *[""] * 7]
    digest = hmac_sha256(base64.b64decode(key), "\n".join(fields))
    signature = base64.b64encode(digest).decode()
    said = {"sv": AZURE_VERSION, "sr": "c", "sp": permissions, "se": ends, "sig": signature}
    return urlencode(said)
