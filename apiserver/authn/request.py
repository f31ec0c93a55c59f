"""Authentication of a request: client certificate, else bearer token, else anonymous; then impersonation.

Called by the filter chain with the headers. It calls the authenticators beside it and remembers good tokens for ten
seconds, as Kubernetes does. It leaves out authorization of an impersonation, which the chain asks for.
Source: k8s.io/apiserver/pkg/authentication/request.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from apiserver.authn.service_account import ServiceAccountAuthenticator
from apiserver.authn.user import ANONYMOUS, ANONYMOUS_NAME, AUTHENTICATED, UNAUTHENTICATED, User, split_service_account
from kube.apimachinery.errors import BadRequest, Unauthorized
from kube.clock import Clock, RealClock
from kube.jwt import InvalidToken

_REMEMBERED_SECONDS = 10.0
_REMEMBERED_TOKENS = 4096
_WEBSOCKET_TOKEN = "base64url.bearer.authorization.k8s.io."


def bearer_token(headers: Mapping[bytes, bytes]) -> str:
    """The token of the Authorization header or of a websocket's subprotocol; empty when there is none."""
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").strip().partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    for protocol in headers.get(b"sec-websocket-protocol", b"").decode("latin-1").split(","):
        if protocol.strip().startswith(_WEBSOCKET_TOKEN):
            encoded = protocol.strip().removeprefix(_WEBSOCKET_TOKEN)
            return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("latin-1")
    return ""


@dataclass
class Authenticator:
    """All the ways to say who one is, in Kubernetes' order."""

    tokens: Mapping[str, User] = field(default_factory=dict)
    service_accounts: ServiceAccountAuthenticator | None = None
    anonymous: bool = True
    clock: Clock = field(default_factory=RealClock)
    _remembered: dict[str, tuple[User, float]] = field(default_factory=dict)

    async def authenticate(self, headers: Mapping[bytes, bytes], certificate_user: User | None) -> User:
        """Raises Unauthorized for a bad token, and for none at all where anonymous requests are off."""
        if certificate_user is not None:
            return certificate_user
        token = bearer_token(headers)
        if token:
            return await self.user_of_token(token)
        if not self.anonymous or b"authorization" in headers:
            raise Unauthorized()
        return ANONYMOUS

    async def user_of_token(self, token: str) -> User:
        user = self.tokens.get(token)
        if user is not None:
            return user
        remembered = self._remembered.get(token)
        now = self.clock.monotonic()
        if remembered is not None and remembered[1] > now:
            return remembered[0]
        return await self._check_service_account(token, now)

    async def _check_service_account(self, token: str, now: float) -> User:
        accounts = self.service_accounts
        if accounts is None or not accounts.is_ours(token):
            raise Unauthorized()
        try:
            user, _, expires = await accounts.authenticate(token)
        except InvalidToken as error:
            raise Unauthorized() from error
        if len(self._remembered) >= _REMEMBERED_TOKENS:
            self._remembered.clear()
        left = expires - self.clock.now().timestamp()
        self._remembered[token] = (user, now + min(_REMEMBERED_SECONDS, left))
        return user


@dataclass(frozen=True)
class Impersonation:
    """Whom the request wants to act as."""

    user: User
    requested_groups: tuple[str, ...]


def impersonation(headers: Iterable[tuple[bytes, bytes]]) -> Impersonation | None:
    """Reads the Impersonate-* headers. Raises BadRequest when a group comes without a user."""
    name, uid, groups, extra = "", "", [], {}
    for key, value in headers:
        if not key.startswith(b"impersonate-"):
            continue
        text = value.decode("utf-8", "replace")
        if key == b"impersonate-user":
            name = text
        elif key == b"impersonate-uid":
            uid = text
        elif key == b"impersonate-group":
            groups.append(text)
        elif key.startswith(b"impersonate-extra-"):
            extra.setdefault(unquote(key[len(b"impersonate-extra-") :].decode("latin-1")), []).append(text)
    if not name:
        if uid or groups or extra:
            raise BadRequest("requested impersonation without a user")
        return None
    return Impersonation(User(name, uid, _with_standard_groups(name, groups), extra), tuple(groups))


def _with_standard_groups(name: str, groups: list[str]) -> tuple[str, ...]:
    account = split_service_account(name)
    if account and not groups:
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{account[0]}"]
    if name == ANONYMOUS_NAME:
        return tuple(dict.fromkeys([*groups, UNAUTHENTICATED]))
    return tuple(dict.fromkeys([*groups, AUTHENTICATED]))
