"""An identity provider that the tests start by themselves: oidc-provider, of `./dev setup`.

    with IdentityProvider(folder) as provider:
        provider.token("acme-rs256")
        provider.rotate()

Its clients and what else it can be asked for stand in identity_provider.mjs.
"""

import json
import os
import secrets
import urllib.parse
import urllib.request

from .daemon import Daemon, installed

TIMEOUT_S = 60
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "identity_provider.mjs")
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class IdentityProvider(Daemon):
    def __init__(self, folder):
        super().__init__(folder)
        self.secret = secrets.token_hex(16)

    def command(self):
        index = installed(
            "stores", "oidc-provider", "node_modules", "oidc-provider", "lib", "index.js"
        )
        node = installed("stores", "node", "bin", "node")
        return [node, SCRIPT, index, str(self.port), self.secret]

    @property
    def issuer(self):
        return f"http://{self.host}:{self.port}"

    @property
    def token_endpoint(self):
        return self.issuer + "/token"

    def is_ready(self):
        return "issuer" in self.get("/.well-known/openid-configuration")

    def get(self, path):
        with NO_PROXY.open(self.issuer + path, timeout=TIMEOUT_S) as response:
            return json.load(response)

    def post(self, path, body=""):
        with NO_PROXY.open(self.issuer + path, body.encode(), timeout=TIMEOUT_S) as response:
            return response.read().decode()

    def token(self, client, **parameters):
        """An access token of one of its clients; `resource` asks for another audience."""
        form = {"grant_type": "client_credentials", "client_id": client}
        form = {**form, "client_secret": self.secret, **parameters}
        return json.loads(self.post("/token", urllib.parse.urlencode(form)))["access_token"]

    def rotate(self):
        """New keys take the place of the old, which it forgets."""
        self.post("/control/rotate")

    def sign(self, header, claims, key="RS256"):
        """A token that says whatever it is told to, signed by the provider's own key."""
        return self.post("/control/sign", json.dumps(dict(header=header, claims=claims, key=key)))

    def fail(self):
        """Answers 503 until `recover`."""
        self.post("/control/pause")

    def recover(self):
        self.post("/control/resume")
