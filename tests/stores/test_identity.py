"""The emulator of the clouds' token services: it gives what is due and refuses what they refuse."""

import base64
import json
import time

import pytest
from support import jwt
from support.signing import AwsCredentials, Request, encode_query, send, sign_aws
from support.stores import Minio, credentials_of, elements

FORM = {"content-type": "application/x-www-form-urlencoded"}
ROLE = {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "s"}
SCOPE = "https://storage.azure.com/.default"


@pytest.fixture
def ask(identity):
    def ask(method, path, headers=None, body=b""):
        return send(Request(method, identity.root + path, dict(headers or {}), body))

    return ask


@pytest.fixture
def post(ask):
    def post(path, form):
        return ask("POST", path, FORM, encode_query(form).encode())

    return post


def session(ask, lifetime_s=60):
    headers = {"x-aws-ec2-metadata-token-ttl-seconds": str(lifetime_s)}
    return ask("PUT", "/latest/api/token", headers)


ROLES = "/latest/meta-data/iam/security-credentials/"


def test_instance_metadata_wants_a_session(ask):
    assert ask("GET", ROLES).status == 401
    assert ask("PUT", "/latest/api/token").status == 400
    headers = {"x-aws-ec2-metadata-token": session(ask).body.decode()}
    role = ask("GET", ROLES, headers).body.decode()
    given = json.loads(ask("GET", ROLES + role, headers).body)
    assert given["Code"] == "Success" and given["Token"] and given["AccessKeyId"]
    assert ask("GET", ROLES + "other", headers).status == 404
    assert ask("GET", "/latest/meta-data/placement/region", headers).body == b"eu-test-1"


def test_credentials_can_be_short_lived(identity, ask):
    identity.lifetime_s = 30
    given = json.loads(ask("GET", "/container/credentials").body)
    expires = time.strptime(given["Expiration"], "%Y-%m-%dT%H:%M:%SZ")
    assert 0 < time.mktime(expires) - time.mktime(time.gmtime()) <= 30


def test_containers_may_need_a_token(identity, ask):
    identity.container_token = "secret"
    assert ask("GET", "/container/credentials").status == 401
    assert ask("GET", "/container/credentials", {"authorization": "secret"}).status == 200


def test_fails_as_often_as_it_is_told(identity, ask):
    identity.fail_next(2, status=503, path="/container", headers={"Retry-After": "1"})
    answers = [ask("GET", "/container/credentials") for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].headers["retry-after"] == "1"
    assert len(identity.asked("/container")) == 3
    identity.forget()
    assert identity.asked() == []


def assume_role(identity, credentials, **more):
    form = {"Action": "AssumeRole", "Version": "2011-06-15", **ROLE, **more}
    request = Request("POST", identity.root + "/", dict(FORM), encode_query(form).encode())
    return send(sign_aws(request, credentials, "eu-test-1", "sts"))


def test_sts_checks_who_signed(identity):
    identity.aws_users = {"user": "secret"}
    assert assume_role(identity, AwsCredentials("user", "wrong")).status == 403
    assert assume_role(identity, AwsCredentials("stranger", "secret")).status == 403
    answer = assume_role(identity, AwsCredentials("user", "secret"))
    assert answer.status == 200 and credentials_of(answer.body).session_token
    short = assume_role(identity, AwsCredentials("user", "secret"), DurationSeconds="1")
    assert elements(short.body, "Code") == ["ValidationError"]


def test_sts_takes_tokens_of_its_provider(identity, post):
    form = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", **ROLE}
    right = identity.oidc_token(audience="sts.amazonaws.com")
    assert post("/", {**form, "WebIdentityToken": right}).status == 200
    forged = jwt.RsaKey().sign_jwt(jwt.claims_of(right))
    refused = post("/", {**form, "WebIdentityToken": forged})
    assert elements(refused.body, "Code") == ["InvalidIdentityToken"]
    old = identity.key.sign_jwt({**jwt.claims_of(right), "exp": 1})
    refused = post("/", {**form, "WebIdentityToken": old})
    assert elements(refused.body, "Code") == ["ExpiredTokenException"]


def test_credentials_of_minio_open_minio(identity, ask, minio, bucket_name):
    """With MinIO behind it, what a chain ends with is good for requests."""
    minio.create_bucket(bucket_name)
    minio.put(bucket_name, "x.txt", b"x")
    identity.aws_source = minio.assume_role
    given = json.loads(ask("GET", "/container/credentials").body)
    credentials = AwsCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["Token"])
    request = Request("GET", minio.object_url(bucket_name, "x.txt"))
    assert send(sign_aws(request, credentials, minio.region)).body == b"x"


def test_minio_verifies_web_identities(identity, tmp_path):
    """MinIO's own AssumeRoleWithWebIdentity, with the provider at /oidc."""
    settings = {
        "MINIO_IDENTITY_OPENID_CONFIG_URL": identity.root
        + "/oidc/.well-known/openid-configuration",
        "MINIO_IDENTITY_OPENID_CLIENT_ID": "sluice",
        "MINIO_IDENTITY_OPENID_CLAIM_NAME": "policy",
    }
    with Minio(str(tmp_path / "minio"), variables=settings) as store:
        store.create_bucket("lake")
        store.put("lake", "x.txt", b"x")
        form = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15"}

        def ask_for_role(token):
            body = encode_query({**form, "WebIdentityToken": token}).encode()
            return send(Request("POST", store.root + "/", dict(FORM), body))

        right = identity.oidc_token(audience="sluice", policy="readonly")
        answer = ask_for_role(right)
        assert answer.status == 200, answer.body
        request = Request("GET", store.object_url("lake", "x.txt"))
        assert send(sign_aws(request, credentials_of(answer.body), store.region)).body == b"x"
        assert ask_for_role(jwt.RsaKey().sign_jwt(jwt.claims_of(right))).status == 400


MANAGED = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource="


def test_managed_identity_wants_its_header(ask):
    path = MANAGED + "https%3A%2F%2Fstorage.azure.com%2F"
    assert ask("GET", path).status == 400
    given = json.loads(ask("GET", path, {"metadata": "true"}).body)
    assert given["expires_in"] == "3600" and given["token_type"] == "Bearer"
    assert jwt.claims_of(given["access_token"])["aud"] == "https://storage.azure.com"


def entra(identity, post, **form):
    form = {"grant_type": "client_credentials", "client_id": "app", "scope": SCOPE, **form}
    return post(f"/{identity.azure_tenant}/oauth2/v2.0/token", form)


def test_entra_checks_secrets_and_assertions(identity, post):
    identity.azure_clients["app"] = "secret"
    identity.azure_federated["app"] = "token of the cluster"
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert entra(identity, post, client_secret="secret").status == 200
    assert entra(identity, post, client_secret="wrong").status == 401
    assert entra(identity, post, client_secret="secret", client_id="other").status == 401
    assert entra(identity, post, client_secret="secret", scope="x").status == 400
    assertion = {"client_assertion": "token of the cluster", "client_assertion_type": kind}
    assert entra(identity, post, **assertion).status == 200
    assert entra(identity, post, **{**assertion, "client_assertion": "x"}).status == 401
    assert entra(identity, post, **{**assertion, "client_assertion_type": "x"}).status == 401


def azure_with_token(store, token, method, path, body=b"", version="2024-11-04"):
    headers = {"authorization": "Bearer " + token, "x-ms-version": version}
    return send(Request(method, store.endpoint + path, headers, body), store.ca)


def test_tokens_of_entra_open_azurite(identity, post, azurite_with_tokens, bucket_name):
    store = azurite_with_tokens
    store.create_bucket(bucket_name)
    store.put(bucket_name, "x.txt", b"x")
    identity.azure_clients["app"] = "secret"
    token = json.loads(entra(identity, post, client_secret="secret").body)["access_token"]
    assert azure_with_token(store, token, "GET", f"/{bucket_name}/x.txt").body == b"x"
    identity.lifetime_s = -60
    old = json.loads(entra(identity, post, client_secret="secret").body)["access_token"]
    assert azure_with_token(store, old, "GET", f"/{bucket_name}/x.txt").status == 403


def test_azurite_gives_user_delegation_keys(identity, post, azurite_with_tokens):
    identity.azure_clients["app"] = "secret"
    token = json.loads(entra(identity, post, client_secret="secret").body)["access_token"]
    start, end = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + s)) for s in (-60, 900)
    )
    body = f"<KeyInfo><Start>{start}</Start><Expiry>{end}</Expiry></KeyInfo>".encode()
    path = "/?restype=service&comp=userdelegationkey"
    answer = azure_with_token(azurite_with_tokens, token, "POST", path, body)
    assert answer.status == 200, answer.body
    assert elements(answer.body, "SignedTid") == [identity.azure_tenant]
    assert elements(answer.body, "Value")[0]


def test_google_metadata_wants_its_header(ask, identity):
    path = "/computeMetadata/v1/instance/service-accounts/default/"
    assert ask("GET", path + "token").status == 403
    answer = ask("GET", path + "token", {"metadata-flavor": "Google"})
    assert answer.headers["metadata-flavor"] == "Google"
    assert set(json.loads(answer.body)) == {"access_token", "expires_in", "token_type"}
    email = ask("GET", path + "email", {"metadata-flavor": "Google"}).body.decode()
    assert email == identity.google_account


def google_token(identity, post, key=None, **more):
    now = int(time.time())
    claims = {"iss": identity.google_account, "aud": identity.root + "/token", "iat": now}
    claims |= {"exp": now + 3600, "scope": "https://www.googleapis.com/auth/devstorage.read_only"}
    assertion = (key or identity.key).sign_jwt({**claims, **more})
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    return post("/token", {"grant_type": grant, "assertion": assertion})


def test_google_checks_a_service_accounts_assertion(identity, post):
    account = identity.service_account()
    assert account["token_uri"] == identity.root + "/token"
    assert account["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert google_token(identity, post).status == 200
    assert google_token(identity, post, key=jwt.RsaKey()).status == 400
    assert google_token(identity, post, aud="https://elsewhere/token").status == 400
    assert google_token(identity, post, exp=int(time.time()) + 7200).status == 400
    assert google_token(identity, post, iss="other@test").status == 400


def test_google_signs_blobs_for_those_with_a_token(identity, ask, post):
    token = json.loads(google_token(identity, post).body)["access_token"]
    path = f"/v1/projects/-/serviceAccounts/{identity.google_account}:signBlob"
    body = json.dumps({"payload": base64.b64encode(b"text to sign").decode()}).encode()
    assert ask("POST", path, {}, body).status == 401
    answer = json.loads(ask("POST", path, {"authorization": "Bearer " + token}, body).body)
    signature = base64.b64decode(answer["signedBlob"])
    assert identity.key.verifies(b"text to sign", signature)


def test_google_narrows_tokens(identity, post):
    token = json.loads(google_token(identity, post).body)["access_token"]
    rules = [{"availableResource": "//storage.googleapis.com/projects/_/buckets/lake"}]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token,
        "options": json.dumps({"accessBoundary": {"accessBoundaryRules": rules}}),
    }
    narrow = json.loads(post("/v1/token", form).body)["access_token"]
    assert identity.google_tokens[narrow] == rules
    assert post("/v1/token", {**form, "subject_token": "stranger"}).status == 400
