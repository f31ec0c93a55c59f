"""Service account tokens: issued by TokenRequest or kept in Secrets, checked on every request that carries one.

Called by the authenticator and by the `serviceaccounts/token` and TokenReview handlers. It calls `jwt` and, to see that
the account (and the pod or secret a token is bound to) still exists, the getter it is given; `secret_tokens` judges the
tokens of Secrets, which never expire. Source: KEP-1205, k8s.io/kubernetes/pkg/serviceaccount.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apiserver.authn.secret_tokens import GetMetadata, SecretTokens
from apiserver.authn.user import AUTHENTICATED, User, service_account_name
from kube.clock import Clock, RealClock
from kube.jwt import LEGACY_ISSUER, InvalidToken, Signer, Verifier, peek_claims

_EXTRA = "authentication.kubernetes.io/"
_LEEWAY = 60
_BOUND = {"pod": "pods", "secret": "secrets", "node": "nodes"}


@dataclass(frozen=True)
class BoundObject:
    """What a token dies with: `kind` is pod, secret or node."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True)
class Issued:
    token: str
    expiration: int
    """Seconds since 1970."""


class AudienceMismatch(InvalidToken):
    """A good token, meant for somebody else."""


@dataclass
class TokenIssuer:
    """Signs tokens of one issuer."""

    issuer: str
    signer: Signer
    clock: Clock = field(default_factory=RealClock)

    def issue(
        self, namespace: str, name: str, uid: str, audiences: Sequence[str], seconds: int,
        bound: BoundObject | None = None, node: BoundObject | None = None,
    ) -> Issued:  # fmt: skip
        """A token for the account, good from now for so many seconds."""
        now = int(self.clock.now().timestamp())
        private: dict[str, Any] = {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}}
        for thing in (bound, node):
            if thing is not None:
                private[thing.kind] = {"name": thing.name, "uid": thing.uid}
        claims = {
            "aud": list(audiences), "exp": now + seconds, "iat": now, "iss": self.issuer, "jti": str(uuid.uuid4()),
            "kubernetes.io": private, "nbf": now, "sub": service_account_name(namespace, name),
        }  # fmt: skip
        return Issued(self.signer.sign(claims), now + seconds)


@dataclass
class ServiceAccountAuthenticator:
    """Turns a token of our issuer into its user."""

    issuer: str
    audiences: Sequence[str]
    verifier: Verifier
    get: GetMetadata
    clock: Clock = field(default_factory=RealClock)
    secret_tokens: SecretTokens | None = None

    def is_ours(self, token: str) -> bool:
        """Whether the token says it comes from our issuer; others are left to other authenticators."""
        claims = peek_claims(token)
        return claims is not None and claims.get("iss") in (self.issuer, LEGACY_ISSUER)

    async def authenticate(self, token: str, audiences: Sequence[str] = ()) -> tuple[User, list[str], float]:
        """The user, the audiences both sides agree on, and when the token expires. Raises InvalidToken."""
        claims = self.verifier.verify(token)
        in_secret = claims.get("iss") == LEGACY_ISSUER
        if not in_secret:
            self._check_time(claims)
        wanted = audiences or self.audiences
        offered = claims.get("aud") or (self.audiences if in_secret else [])
        offered = [offered] if isinstance(offered, str) else offered
        agreed = [a for a in offered if a in wanted]
        if not agreed:
            shown = [_quoted_list(offered), _quoted_list(wanted)]
            raise AudienceMismatch(f"token audiences {shown[0]} is invalid for the target audiences {shown[1]}")
        if not in_secret:
            return await self._user(claims), agreed, float(claims["exp"])
        if self.secret_tokens is None:
            raise InvalidToken("tokens of Secrets are not accepted")
        return await self.secret_tokens.user(token, claims), agreed, math.inf

    def _check_time(self, claims: dict[str, Any]) -> None:
        now = self.clock.now().timestamp()
        if not isinstance(claims.get("exp"), int | float) or now > claims["exp"]:
            raise InvalidToken("service account token has expired")
        if now < claims.get("nbf", 0) - _LEEWAY:
            raise InvalidToken("service account token is not valid yet")

    async def _user(self, claims: dict[str, Any]) -> User:
        private = claims.get("kubernetes.io") or {}
        namespace, account = private.get("namespace", ""), private.get("serviceaccount") or {}
        name, uid = account.get("name", ""), account.get("uid", "")
        await self._check_alive("serviceaccounts", namespace, name, uid)
        extra: dict[str, list[str]] = {}
        if claims.get("jti"):
            extra[_EXTRA + "credential-id"] = ["JTI=" + claims["jti"]]
        for kind, plural in _BOUND.items():
            if thing := private.get(kind):
                where = "" if plural == "nodes" else namespace
                await self._check_alive(plural, where, thing.get("name", ""), thing.get("uid", ""))
                if kind != "secret":
                    extra[f"{_EXTRA}{kind}-name"] = [thing.get("name", "")]
                    extra[f"{_EXTRA}{kind}-uid"] = [thing.get("uid", "")]
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
        return User(service_account_name(namespace, name), uid, groups, extra)

    async def _check_alive(self, plural: str, namespace: str, name: str, uid: str) -> None:
        found = await self.get(plural, namespace, name)
        if found is None or found["metadata"].get("uid") != uid:
            raise InvalidToken(f"the {plural.removesuffix('s')} {name} of the token is gone")


def _quoted_list(values: Sequence[str]) -> str:
    return "[" + " ".join(f'"{v}"' for v in values) + "]"
