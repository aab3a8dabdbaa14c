"""Google for cloud_identity.py: metadata server, OAuth for service accounts, signBlob, downscoping;
and an OIDC provider, whose tokens MinIO can verify.

Sources: "About VM metadata"; "Using OAuth 2.0 for server to server applications"; IAM Service
Account Credentials API, projects.serviceAccounts.signBlob; "Downscope with Credential Access
Boundaries".
"""

import base64
import binascii
import json
import secrets
import time

METADATA = "/computeMetadata/v1"
FLAVOR = {"Metadata-Flavor": "Google"}
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
MAX_ASSERTION_S = 3600


def new_token(identity, boundary=None):
    token = "ya29.test-" + secrets.token_urlsafe(30)
    identity.google_tokens[token] = boundary
    return {"access_token": token, "expires_in": identity.lifetime_s, "token_type": "Bearer"}


def metadata(identity, request, path):
    if request.headers.get("metadata-flavor") != "Google" or "x-forwarded-for" in request.headers:
        return 403, "missing Metadata-Flavor:Google header", FLAVOR
    account = "instance/service-accounts/"
    if path in (account + "default/token", f"{account}{identity.google_account}/token"):
        return 200, new_token(identity), FLAVOR
    texts = {
        account + "default/email": identity.google_account,
        "project/project-id": "test-project",
    }
    return (200, texts[path], FLAVOR) if path in texts else (404, "", FLAVOR)


def service_account_token(identity, request):
    form = request.form
    if form.get("grant_type") != JWT_BEARER:
        return refused(400, "unsupported_grant_type", "Invalid grant_type")
    claims = identity.key.check_jwt(form.get("assertion", ""))
    if claims is None:
        return refused(400, "invalid_grant", "Invalid JWT Signature.")
    now = time.time()
    if claims.get("iss") != identity.google_account or not claims.get("scope"):
        return refused(400, "invalid_grant", "Invalid issuer or scope")
    if claims.get("aud") != identity.root + "/token":
        return refused(400, "invalid_grant", "Invalid audience")
    if not now - 60 < claims["exp"] <= claims["iat"] + MAX_ASSERTION_S or claims["iat"] > now + 60:
        return refused(400, "invalid_grant", "Invalid JWT: iat and exp")
    return 200, new_token(identity)


def sign_blob(identity, request, account):
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or token not in identity.google_tokens:
        return api_error(401, "UNAUTHENTICATED")
    if account != identity.google_account:
        return api_error(403, "PERMISSION_DENIED")
    try:
        blob = base64.b64decode(request.json["payload"], validate=True)
    except (KeyError, ValueError, binascii.Error):
        return api_error(400, "INVALID_ARGUMENT")
    signature = base64.b64encode(identity.key.sign(blob)).decode()
    return 200, {"keyId": identity.key.key_id, "signedBlob": signature}


def downscoped_token(identity, request):
    form = request.form
    known = form.get("subject_token") in identity.google_tokens
    if form.get("grant_type") != EXCHANGE or not known:
        return refused(400, "invalid_grant", "no such subject token")
    try:
        boundary = json.loads(form["options"])["accessBoundary"]["accessBoundaryRules"]
    except (KeyError, ValueError, TypeError):
        return refused(400, "invalid_request", "options hold no access boundary")
    token = new_token(identity, boundary)
    return 200, {**token, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}


def refused(status, error, description):
    return status, {"error": error, "error_description": description}


def api_error(status, name):
    return status, {"error": {"code": status, "status": name, "message": "refused"}}


def service_account(identity):
    """What a service account's key file holds, with the token endpoint of this emulator."""
    return {
        "type": "service_account",
        "project_id": "test-project",
        "private_key_id": identity.key.key_id,
        "private_key": identity.key.pem(),
        "client_email": identity.google_account,
        "client_id": "100000000000000000000",
        "token_uri": identity.root + "/token",
    }


def oidc_configuration(identity, _request):
    issuer = identity.root + "/oidc"
    return 200, {
        "issuer": issuer,
        "jwks_uri": issuer + "/keys",
        "authorization_endpoint": issuer + "/authorize",
        "token_endpoint": issuer + "/token",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def oidc_keys(identity, _request):
    return 200, {"keys": [identity.key.jwk()]}


ROUTES = [
    ("GET", METADATA + "/(.*)", metadata),
    ("POST", "/token", service_account_token),
    ("POST", "/v1/projects/-/serviceAccounts/([^/:]+):signBlob", sign_blob),
    ("POST", "/v1/token", downscoped_token),
    ("GET", "/oidc/.well-known/openid-configuration", oidc_configuration),
    ("GET", "/oidc/keys", oidc_keys),
]
