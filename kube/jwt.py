"""JSON Web Tokens, as far as service accounts need them: compact JWS with RS256 and ES256, and the public key set.

Called by the API server's authentication and by the controller that fills token Secrets. It calls `cryptography`, and
leaves the meaning of the claims to its callers, but for what both must agree on: those of a token in a Secret.
Source: RFC 7515, 7517, 7518.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

_ES256_BYTES = 32
LEGACY_ISSUER = "kubernetes/serviceaccount"
"""Who issues tokens that live in Secrets, whatever `--service-account-issuer` says."""
_LEGACY = "kubernetes.io/serviceaccount/"

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class InvalidToken(Exception):
    """The token is not a token, or nobody we trust has signed it."""


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise InvalidToken("not base64url") from error


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _algorithm(key: PublicKey) -> str:
    return "RS256" if isinstance(key, rsa.RSAPublicKey) else "ES256"


def key_id(key: PublicKey) -> str:
    """The SHA-256 of the public key's DER form, as Kubernetes names keys."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _b64(hashlib.sha256(der).digest())


def load_private_key(pem: bytes) -> PrivateKey:
    """Raises ValueError for what is not an RSA or P-256 key."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("the service account signing key must be RSA or ECDSA")
    return key


def load_public_key(pem: bytes) -> PublicKey:
    """A public key, or the public half of a private one."""
    if b"PRIVATE KEY" in pem:
        return load_private_key(pem).public_key()
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ValueError("a service account key must be RSA or ECDSA")
    return key


@dataclass(frozen=True)
class Signer:
    """Makes tokens with one private key."""

    key: PrivateKey

    def sign(self, claims: dict[str, Any]) -> str:
        """The compact form of the signed claims."""
        public = self.key.public_key()
        header = {"alg": _algorithm(public), "kid": key_id(public)}
        signed = f"{_b64(_compact(header))}.{_b64(_compact(claims))}"
        return f"{signed}.{_b64(self._signature(signed.encode()))}"

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_ES256_BYTES, "big") + s.to_bytes(_ES256_BYTES, "big")


@dataclass(frozen=True)
class SecretToken:
    """Whose a token in a Secret is: it never expires, and is good as long as the Secret holds it."""

    namespace: str
    account: str
    uid: str
    secret: str

    def claims(self) -> dict[str, Any]:
        return {
            "iss": LEGACY_ISSUER,
            _LEGACY + "namespace": self.namespace,
            _LEGACY + "secret.name": self.secret,
            _LEGACY + "service-account.name": self.account,
            _LEGACY + "service-account.uid": self.uid,
            "sub": f"system:serviceaccount:{self.namespace}:{self.account}",
        }

    @classmethod
    def of(cls, claims: dict[str, Any]) -> SecretToken:
        """Raises InvalidToken for claims that lack one, or whose subject is another's."""
        parts = {}
        for field, claim in _LEGACY_FIELDS.items():
            parts[field] = claims.get(_LEGACY + claim)
            if not parts[field] or not isinstance(parts[field], str):
                raise InvalidToken(f"{_LEGACY_NAMES[field]} claim is missing")
        found = cls(**parts)
        if claims.get("sub") != found.claims()["sub"]:
            raise InvalidToken("sub claim is invalid")
        return found


_LEGACY_FIELDS = {
    "namespace": "namespace", "secret": "secret.name", "account": "service-account.name", "uid": "service-account.uid",
}  # fmt: skip
_LEGACY_NAMES = {
    "namespace": "namespace", "secret": "secretName", "account": "serviceAccountName", "uid": "serviceAccountUID",
}  # fmt: skip


class Verifier:
    """Knows the public keys that we trust."""

    def __init__(self, keys: list[PublicKey]):
        self._keys = {key_id(key): key for key in keys}

    def verify(self, token: str) -> dict[str, Any]:
        """The claims. Raises InvalidToken."""
        parts = token.split(".")
        if len(parts) != 3:
            raise InvalidToken("not a compact JWS")
        header, claims = _object(parts[0]), _object(parts[1])
        signature = _unb64(parts[2])
        for key in self._candidates(header):
            if _algorithm(key) == header.get("alg") and _good(key, signature, f"{parts[0]}.{parts[1]}".encode()):
                return claims
        raise InvalidToken("invalid signature")

    def _candidates(self, header: dict[str, Any]) -> list[PublicKey]:
        named = self._keys.get(str(header.get("kid", "")))
        return [named] if named else list(self._keys.values())

    def jwks(self) -> dict[str, Any]:
        """The JSON Web Key Set of `/openid/v1/jwks`."""
        return {"keys": [_jwk(kid, key) for kid, key in self._keys.items()]}

    def algorithms(self) -> list[str]:
        return sorted({_algorithm(key) for key in self._keys.values()})


def peek_claims(token: str) -> dict[str, Any] | None:
    """The claims without looking at the signature, None when it is no token: to see whose token it claims to be."""
    try:
        return _object(token.split(".")[1])
    except (InvalidToken, IndexError):
        return None


def _object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_unb64(part))
    except ValueError as error:
        raise InvalidToken("not JSON") from error
    if not isinstance(value, dict):
        raise InvalidToken("not an object")
    return value


def _good(key: PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        elif len(signature) == 2 * _ES256_BYTES:
            r, s = signature[:_ES256_BYTES], signature[_ES256_BYTES:]
            der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
            key.verify(der, data, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _jwk(kid: str, key: PublicKey) -> dict[str, Any]:
    common = {"use": "sig", "kid": kid, "alg": _algorithm(key)}
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        size = (numbers.n.bit_length() + 7) // 8
        exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")
        return {**common, "kty": "RSA", "n": _b64(numbers.n.to_bytes(size, "big")), "e": _b64(exponent)}
    point = key.public_numbers()
    x, y = (_b64(v.to_bytes(_ES256_BYTES, "big")) for v in (point.x, point.y))
    return {**common, "kty": "EC", "crv": "P-256", "x": x, "y": y}
