"""The token and metadata services of AWS, Azure and Google, as far as credential chains use them.

    with CloudIdentity() as identity:
        identity.lifetime_s = 30                     # what is given out expires soon
        identity.fail_next(2, status=503)            # the next two requests
        ...
        assert len(identity.asked("/latest/api/token")) == 3

It listens on a free loopback port and answers on the documented paths; `identity_aws.py`,
`identity_azure.py` and `identity_google.py` hold them, each with its source. What the real services
refuse, it refuses: a missing header, a wrong secret, a wrong signature. It was never compared with
the real services.
"""

import json
import re
import secrets
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from . import identity_aws, identity_azure, identity_google
from .jwt import RsaKey
from .signing import AwsCredentials, Request

MAX_BODY_BYTES = 1 << 20
ROUTES = [*identity_aws.ROUTES, *identity_azure.ROUTES, *identity_google.ROUTES]


@dataclass
class Asked:
    """A request as it came."""

    method: str
    url: str
    headers: dict  # names in lower case
    body: bytes
    at: float = field(default_factory=time.time)

    @property
    def path(self):
        return urlsplit(self.url).path

    @property
    def query(self):
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def form(self):
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))

    @property
    def json(self):
        return json.loads(self.body or b"{}")

    def as_request(self):
        return Request(self.method, self.url, self.headers, self.body)


@dataclass
class Failure:
    left: int
    status: int
    path: str
    headers: dict


class CloudIdentity:
    """All services in one. The attributes may be set while it runs."""

    def __init__(self, certificate=None):
        self.certificate = certificate  # a Certificate: it then speaks TLS
        self.lifetime_s = 3600
        self.key = RsaKey()  # of the service account, and of the tokens that OIDC verifies
        self.lock = threading.Lock()
        self.requests, self.failures = [], []
        # AWS. `aws_source(policy, duration_s)` gives the credentials that are handed out: set it to
        # the assume_role of a Minio, and they open that store.
        self.aws_source = made_up_credentials
        self.aws_users = {}  # access key: secret key of those who may call AssumeRole
        self.aws_role, self.aws_region = "test-role", "eu-test-1"
        self.container_token = None  # what a container must send as Authorization; None: nothing
        self.session_tokens = {}
        # Azure
        self.azure_tenant = "11111111-2222-3333-4444-555555555555"
        self.azure_clients = {}  # client id: its secret
        self.azure_federated = {}  # client id: the assertion that is taken for it
        # Google
        self.google_account = "reader@test-project.iam.gserviceaccount.com"
        self.google_tokens = {}  # access token: the access boundary that narrows it, or None
        self.server = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.server = Listener(("127.0.0.1", 0), make_handler(self))
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate.certificate, self.certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def root(self):
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def asked(self, start="/"):
        """The requests so far whose path begins with `start`, failed ones included."""
        with self.lock:
            return [request for request in self.requests if request.path.startswith(start)]

    def forget(self):
        with self.lock:
            self.requests.clear()
            self.failures.clear()

    def fail_next(self, times, status=500, path="/", headers=None):
        """The next `times` requests whose path begins with `path` get this status, no body."""
        with self.lock:
            self.failures.append(Failure(times, status, path, headers or {}))

    def new_aws_credentials(self, policy=None, duration_s=None):
        """Credentials of the source, which expire after `lifetime_s` whatever that says."""
        given = self.aws_source(policy, duration_s or self.lifetime_s)
        return AwsCredentials(
            given.access_key, given.secret_key, given.session_token, iso_time(self.expiry())
        )

    def expiry(self):
        return int(time.time()) + self.lifetime_s

    def oidc_token(self, subject="test", audience="test", **claims):
        """A token of the OIDC provider at /oidc: a pod's, a workload's; see web identity."""
        now = int(time.time())
        claims = {"iss": self.root + "/oidc", "sub": subject, "aud": audience, **claims}
        return self.key.sign_jwt({"iat": now, "nbf": now, "exp": self.expiry(), **claims})

    def service_account(self):
        """The contents of a key file for GOOGLE_APPLICATION_CREDENTIALS."""
        return identity_google.service_account(self)

    def answer(self, request):
        """(status, headers, body) for one request."""
        with self.lock:
            self.requests.append(request)
            failure = next(
                (f for f in self.failures if f.left and request.path.startswith(f.path)), None
            )
            if failure:
                failure.left -= 1
                return failure.status, failure.headers, b""
        for method, pattern, function in ROUTES:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                return encoded(function(self, request, *found.groups()))
        return 404, {}, b""


def encoded(answer):
    """Routes give (status, body) or (status, body, headers); a dictionary is sent as JSON."""
    status, body, headers = (*answer, {})[:3]
    if isinstance(body, dict):
        headers = {"Content-Type": "application/json; charset=utf-8", **headers}
        body = json.dumps(body)
    return status, headers, body.encode()


def made_up_credentials(_policy, _duration_s):
    access_key = "ASIA" + secrets.token_hex(8).upper()
    return AwsCredentials(access_key, secrets.token_hex(20), secrets.token_hex(32))


def iso_time(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that went away


def make_handler(identity):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def handle_any(self):
            length = min(int(self.headers.get("content-length") or 0), MAX_BODY_BYTES)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Asked(self.command, self.path, headers, self.rfile.read(length))
            status, more, body = identity.answer(request)
            self.send_response(status)
            for name, value in {"Content-Length": len(body), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = handle_any

        def log_message(self, *_):
            pass  # identity.requests is the log

    return Handler
