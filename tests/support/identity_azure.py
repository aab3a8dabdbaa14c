"""Azure for cloud_identity.py: managed identity, and Entra's token endpoint of version 2.0.

Tokens are made so that Azurite takes them with `--oauth basic`; nothing verifies their signature.

Sources: "How to use managed identities on an Azure VM to acquire an access token"; "OAuth 2.0
client credentials flow on the Microsoft identity platform".
"""

import hmac
import os
import time

from .jwt import sign_hs256

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = os.urandom(32)


def access_token(identity, audience, client_id):
    now = int(time.time())
    claims = {
        "aud": audience.rstrip("/"),
        "iss": f"https://sts.windows.net/{identity.azure_tenant}/",
        "iat": now,
        "nbf": now - 5,
        "exp": identity.expiry(),
        "appid": client_id,
        "oid": "99999999-8888-7777-6666-555555555555",
        "sub": "99999999-8888-7777-6666-555555555555",
        "tid": identity.azure_tenant,
        "ver": "1.0",
    }
    return sign_hs256(claims, KEY)


def managed_identity(identity, request):
    query = request.query
    if request.headers.get("metadata") != "true" or "x-forwarded-for" in request.headers:
        return refused(400, "invalid_request", "Required metadata header not specified")
    if not query.get("api-version") or not query.get("resource"):
        return refused(400, "invalid_request", "api-version and resource are required")
    client_id = query.get("client_id", "77777777-0000-0000-0000-000000000000")
    now = int(time.time())
    return 200, {
        "access_token": access_token(identity, query["resource"], client_id),
        "client_id": client_id,
        "expires_in": str(identity.lifetime_s),
        "expires_on": str(identity.expiry()),
        "ext_expires_in": str(identity.lifetime_s),
        "not_before": str(now - 5),
        "resource": query["resource"],
        "token_type": "Bearer",
    }


def entra_token(identity, request, tenant):
    form = request.form
    client_id = form.get("client_id", "")
    if tenant != identity.azure_tenant:
        return refused(400, "invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
    if form.get("grant_type") != "client_credentials":
        return refused(400, "unsupported_grant_type", "AADSTS70003: unsupported grant type")
    if not form.get("scope", "").endswith("/.default"):
        return refused(400, "invalid_scope", "AADSTS1002012: the scope must end in /.default")
    if "client_assertion" in form:
        right = identity.azure_federated.get(client_id)
        proof = form["client_assertion"] if form.get("client_assertion_type") == ASSERTION else ""
    else:
        right, proof = identity.azure_clients.get(client_id), form.get("client_secret", "")
    if not right or not hmac.compare_digest(right.encode(), proof.encode()):
        return refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
    audience = form["scope"].removesuffix("/.default")
    return 200, {
        "token_type": "Bearer",
        "expires_in": identity.lifetime_s,
        "ext_expires_in": identity.lifetime_s,
        "access_token": access_token(identity, audience, client_id),
    }


def refused(status, error, description):
    return status, {"error": error, "error_description": description}


ROUTES = [
    ("GET", "/metadata/identity/oauth2/token", managed_identity),
    ("POST", "/([^/]+)/oauth2/v2.0/token", entra_token),
]
