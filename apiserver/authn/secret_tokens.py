"""Tokens that live in Secrets of type `kubernetes.io/service-account-token`: good as long as the Secret holds them.

Called by `service_account` with claims whose signature is good. It calls the getter it is given, and tells whoever
wants to know that a token was used, so that administrators see which are still needed. It leaves out making them: a
controller does (`controllers.serviceaccount_token`). Source: kubernetes pkg/serviceaccount/legacy.go.

| the token | |
|---|---|
| its Secret is gone, being deleted, or marked `legacy-token-invalid-since` | refused |
| its Secret holds another token | refused |
| its account is gone, being deleted, or another of the same name | refused |
| else | its account's user |
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from apiserver.authn.user import AUTHENTICATED, User, service_account_name
from kube.clock import Clock, RealClock
from kube.jwt import InvalidToken, SecretToken
from kube.metrics import Counter

GetMetadata = Callable[[str, str, str], Awaitable[dict[str, Any] | None]]
"""(plural, namespace, name) -> the object as a dictionary, or None."""

LAST_USED, INVALID_SINCE = "kubernetes.io/legacy-token-last-used", "kubernetes.io/legacy-token-invalid-since"
USED = Counter("serviceaccount_legacy_tokens_total", "Cumulative legacy service account tokens used")


async def _nobody(_namespace: str, _name: str, _day: str) -> None:
    """Who does not care when a token was used."""


@dataclass
class SecretTokens:
    """`mark_used` is awaited at most once a day for each Secret: (namespace, name, the day)."""

    get: GetMetadata
    mark_used: Callable[[str, str, str], Awaitable[None]] = _nobody
    clock: Clock = field(default_factory=RealClock)

    async def user(self, token: str, claims: dict[str, Any]) -> User:
        """Raises InvalidToken."""
        whose = SecretToken.of(claims)
        secret = await self._secret(whose, token)
        await self._check_account(whose)
        USED.inc()
        await self._mark(whose, secret["metadata"].get("labels") or {})
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{whose.namespace}", AUTHENTICATED)
        return User(service_account_name(whose.namespace, whose.account), whose.uid, groups, {})

    async def _secret(self, whose: SecretToken, token: str) -> dict[str, Any]:
        secret = await self.get("secrets", whose.namespace, whose.secret)
        if secret is None or secret["metadata"].get("deletionTimestamp"):
            raise InvalidToken("Token has been invalidated")
        if (secret.get("data") or {}).get("token") != base64.b64encode(token.encode()).decode():
            raise InvalidToken("Token does not match server's copy")
        if (secret["metadata"].get("labels") or {}).get(INVALID_SINCE):
            raise InvalidToken("Token has been invalidated")
        return secret

    async def _check_account(self, whose: SecretToken) -> None:
        account = await self.get("serviceaccounts", whose.namespace, whose.account)
        if account is None:
            raise InvalidToken(f'serviceaccounts "{whose.account}" not found')
        if account["metadata"].get("deletionTimestamp"):
            raise InvalidToken(f"ServiceAccount {whose.namespace}/{whose.account} has been deleted")
        uid = account["metadata"].get("uid")
        if uid != whose.uid:
            raise InvalidToken(f"ServiceAccount UID ({uid}) does not match claim ({whose.uid})")

    async def _mark(self, whose: SecretToken, labels: dict[str, str]) -> None:
        day = self.clock.now().date().isoformat()
        if labels.get(LAST_USED, "") < day:
            await self.mark_used(whose.namespace, whose.secret, day)
