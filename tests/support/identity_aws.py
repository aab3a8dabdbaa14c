"""AWS for cloud_identity.py: instance metadata of version 2, container credentials, STS.

Sources: EC2 User Guide, "Use the Instance Metadata Service"; ECS Developer Guide, "Task IAM role";
SDKs Reference Guide, "Container credential provider"; STS API Reference, AssumeRole and
AssumeRoleWithWebIdentity.
"""

import json
import secrets
import time
from xml.sax.saxutils import escape

from .signing import check_aws

MAX_SESSION_S = 21600


def new_session(identity, request):
    lifetime = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
    if not lifetime.isdigit() or not 1 <= int(lifetime) <= MAX_SESSION_S:
        return 400, ""
    if "x-forwarded-for" in request.headers:
        return 403, ""
    token = secrets.token_urlsafe(40)
    identity.session_tokens[token] = time.time() + int(lifetime)
    return 200, token, {"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": lifetime}


def has_session(identity, request):
    token = request.headers.get("x-aws-ec2-metadata-token", "")
    return identity.session_tokens.get(token, 0) > time.time()


def role_name(identity, request):
    if not has_session(identity, request):
        return 401, ""
    return (200, identity.aws_role) if identity.aws_role else (404, "")


def role_credentials(identity, request, role):
    if not has_session(identity, request):
        return 401, ""
    if role != identity.aws_role:
        return 404, ""
    return 200, {"Code": "Success", "Type": "AWS-HMAC", **credentials_as_json(identity)}


def credentials_as_json(identity):
    credentials = identity.new_aws_credentials()
    return {
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret_key,
        "Token": credentials.session_token,
        "Expiration": credentials.expires,
    }


def placement_region(identity, request):
    return (200, identity.aws_region) if has_session(identity, request) else (401, "")


def container_credentials(identity, request):
    """For AWS_CONTAINER_CREDENTIALS_FULL_URI, which names this path."""
    if identity.container_token not in (None, request.headers.get("authorization")):
        return 401, {"code": "Unauthorized", "message": "wrong authorization token"}
    role = "arn:aws:iam::123456789012:role/" + (identity.aws_role or "")
    return 200, {"RoleArn": role, **credentials_as_json(identity)}


def sts(identity, request):
    form = request.form
    if form.get("Version") != "2011-06-15":
        return sts_error(400, "InvalidAction", "unknown version")
    if form.get("Action") == "AssumeRole":
        if check_aws(request.as_request(), identity.aws_users) is None:
            return sts_error(403, "SignatureDoesNotMatch", "no user has signed this")
    elif form.get("Action") == "AssumeRoleWithWebIdentity":
        claims = identity.key.check_jwt(form.get("WebIdentityToken", ""))
        if claims is None:
            return sts_error(400, "InvalidIdentityToken", "not signed by the provider")
        if claims["exp"] < time.time():
            return sts_error(400, "ExpiredTokenException", "the token has expired")
    else:
        return sts_error(400, "InvalidAction", "unknown action")
    if not form.get("RoleArn") or not form.get("RoleSessionName"):
        return sts_error(400, "ValidationError", "RoleArn and RoleSessionName are required")
    return role_assumed(identity, form)


def role_assumed(identity, form):
    policy = json.loads(form["Policy"]) if form.get("Policy") else None
    duration_s = int(form.get("DurationSeconds", "3600"))
    if not 900 <= duration_s <= 43200:
        return sts_error(400, "ValidationError", "DurationSeconds is out of range")
    given = identity.new_aws_credentials(policy, duration_s)
    action = form["Action"]
    text = (
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>'
        f"<AssumedRoleUser><Arn>{escape(form['RoleArn'])}</Arn>"
        f"<AssumedRoleId>AROATEST:{escape(form['RoleSessionName'])}</AssumedRoleId>"
        "</AssumedRoleUser>"
        f"<Credentials><AccessKeyId>{given.access_key}</AccessKeyId>"
        f"<SecretAccessKey>{escape(given.secret_key)}</SecretAccessKey>"
        f"<SessionToken>{escape(given.session_token)}</SessionToken>"
        f"<Expiration>{given.expires}</Expiration></Credentials></{action}Result>"
        f"<ResponseMetadata><RequestId>test</RequestId></ResponseMetadata></{action}Response>"
    )
    return 200, text, {"Content-Type": "text/xml"}


def sts_error(status, code, message):
    text = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
        f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
    return status, text, {"Content-Type": "text/xml"}


METADATA = "/latest/meta-data"
ROUTES = [
    ("PUT", "/latest/api/token", new_session),
    ("GET", METADATA + "/iam/security-credentials/?", role_name),
    ("GET", METADATA + "/iam/security-credentials/([^/]+)", role_credentials),
    ("GET", METADATA + "/placement/region", placement_region),
    ("GET", "/container/credentials", container_credentials),
    ("POST", "/", sts),
]
