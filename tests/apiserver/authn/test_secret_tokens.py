"""Tokens of Secrets: checked against the Secret as it is, and seen to be in use."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from apiserver.authn.secret_tokens import INVALID_SINCE, LAST_USED, SecretTokens
from apiserver.authn.service_account import ServiceAccountAuthenticator
from kube.clock import FakeClock
from kube.jwt import InvalidToken, SecretToken, Signer, Verifier

ISSUER = "https://kubernetes.default.svc"
KEY = ec.generate_private_key(ec.SECP256R1())
WHOSE = SecretToken("d", "robot", "uid1", "robot-token")


class World:
    """The Secret with its token, the account, and when the token was used."""

    def __init__(self) -> None:
        self.clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.token = Signer(KEY).sign(WHOSE.claims())
        data = {"token": base64.b64encode(self.token.encode()).decode()}
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {
            ("serviceaccounts", "d", "robot"): {"metadata": {"uid": "uid1"}},
            ("secrets", "d", "robot-token"): {"metadata": {"labels": {}}, "data": data},
        }
        self.used: list[tuple[str, str, str]] = []
        in_secrets = SecretTokens(self.get, self.mark, self.clock)
        verifier = Verifier([KEY.public_key()])
        self.authenticator = ServiceAccountAuthenticator(ISSUER, (ISSUER,), verifier, self.get, self.clock, in_secrets)

    @property
    def secret(self) -> dict[str, Any]:
        return self.objects["secrets", "d", "robot-token"]

    @property
    def account(self) -> dict[str, Any]:
        return self.objects["serviceaccounts", "d", "robot"]

    async def get(self, plural: str, namespace: str, name: str) -> dict[str, Any] | None:
        return self.objects.get((plural, namespace, name))

    async def mark(self, namespace: str, name: str, day: str) -> None:
        self.used.append((namespace, name, day))
        self.secret["metadata"]["labels"][LAST_USED] = day


async def test_a_token_of_a_secret_never_expires_and_names_its_account() -> None:
    world = World()
    assert world.authenticator.is_ours(world.token)
    await world.clock.advance(10 * 365 * 86400)
    user, audiences, expires = await world.authenticator.authenticate(world.token)
    assert (user.name, user.uid, user.extra) == ("system:serviceaccount:d:robot", "uid1", {})
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:d", "system:authenticated")
    assert (audiences, expires) == ([ISSUER], float("inf"))


async def test_it_is_meant_for_this_server_alone() -> None:
    world = World()
    with pytest.raises(InvalidToken, match="audiences"):
        await world.authenticator.authenticate(world.token, ("vault",))


async def test_its_use_is_noted_once_a_day() -> None:
    world = World()
    for _ in range(3):
        await world.authenticator.authenticate(world.token)
    await world.clock.advance(86400)
    await world.authenticator.authenticate(world.token)
    assert world.used == [("d", "robot-token", "2026-01-01"), ("d", "robot-token", "2026-01-02")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.objects.pop(("secrets", "d", "robot-token")), "Token has been invalidated"),
        (lambda w: w.secret["metadata"].update(deletionTimestamp="2026-01-01T00:00:00Z"), "has been invalidated"),
        (lambda w: w.secret["metadata"]["labels"].update({INVALID_SINCE: "2026-01-01"}), "has been invalidated"),
        (lambda w: w.secret["data"].update(token="b3RoZXI="), "Token does not match server's copy"),
        (lambda w: w.secret.update(data=None), "Token does not match server's copy"),
        (lambda w: w.objects.pop(("serviceaccounts", "d", "robot")), 'serviceaccounts "robot" not found'),
        (lambda w: w.account["metadata"].update(deletionTimestamp="x"), "ServiceAccount d/robot has been deleted"),
        (lambda w: w.account["metadata"].update(uid="uid2"), r"UID \(uid2\) does not match claim \(uid1\)"),
    ],
)
async def test_it_is_checked_against_what_is_there(change: Callable[[World], Any], message: str) -> None:
    world = World()
    change(world)
    with pytest.raises(InvalidToken, match=message):
        await world.authenticator.authenticate(world.token)
    assert world.used == []


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("kubernetes.io/serviceaccount/namespace", "namespace claim is missing"),
        ("kubernetes.io/serviceaccount/secret.name", "secretName claim is missing"),
        ("kubernetes.io/serviceaccount/service-account.name", "serviceAccountName claim is missing"),
        ("kubernetes.io/serviceaccount/service-account.uid", "serviceAccountUID claim is missing"),
        ("sub", "sub claim is invalid"),
    ],
)
async def test_every_claim_must_be_there(claim: str, message: str) -> None:
    world = World()
    claims = {k: v for k, v in WHOSE.claims().items() if k != claim}
    with pytest.raises(InvalidToken, match=message):
        await world.authenticator.authenticate(Signer(KEY).sign(claims))


async def test_another_signature_is_refused() -> None:
    world = World()
    with pytest.raises(InvalidToken, match="signature"):
        await world.authenticator.authenticate(Signer(ec.generate_private_key(ec.SECP256R1())).sign(WHOSE.claims()))
