"""Signed tokens (RFC 7519, RS256 and HS256) and the key that signs them."""

import base64
import hashlib
import hmac
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts_of(header, claims):
    return ".".join(encode(json.dumps(part).encode()) for part in (header, claims))


def claims_of(token):
    """What a token says, whoever signed it."""
    return json.loads(decode(token.split(".")[1]))


def sign_hs256(claims, key):
    text = parts_of({"alg": "HS256", "typ": "JWT"}, claims)
    return text + "." + encode(hmac.new(key, text.encode(), hashlib.sha256).digest())


class RsaKey:
    """2,048 bits, made anew."""

    key_id = "test-key-1"

    def __init__(self):
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def pem(self):
        kind = serialization.PrivateFormat.PKCS8
        no_password = serialization.NoEncryption()
        return self.private.private_bytes(serialization.Encoding.PEM, kind, no_password).decode()

    def public_pem(self):
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, kind).decode()

    def jwk(self):
        numbers = self.private.public_key().public_numbers()
        modulus, exponent = numbers.n.to_bytes(256, "big"), numbers.e.to_bytes(3, "big")
        key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.key_id}
        return {**key, "n": encode(modulus), "e": encode(exponent)}

    def sign(self, data):
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())

    def verifies(self, data, signature):
        try:
            self.private.public_key().verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def sign_jwt(self, claims):
        text = parts_of({"alg": "RS256", "typ": "JWT", "kid": self.key_id}, claims)
        return text + "." + encode(self.sign(text.encode()))

    def check_jwt(self, token):
        """The claims of a token that this key signed; None of any other."""
        text, _, signature = token.rpartition(".")
        try:
            if json.loads(decode(text.split(".")[0]))["alg"] != "RS256":
                return None
            return claims_of(token) if self.verifies(text.encode(), decode(signature)) else None
        except (ValueError, KeyError, IndexError):
            return None
