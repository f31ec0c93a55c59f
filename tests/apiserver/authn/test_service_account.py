"""Tokens: signing, checking, and what is wrong with the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apiserver.authn.service_account import (
    AudienceMismatch,
    BoundObject,
    ServiceAccountAuthenticator,
    TokenIssuer,
)
from kube.clock import FakeClock
from kube.jwt import InvalidToken, PrivateKey, Signer, Verifier

ISSUER = "https://kubernetes.default.svc"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
KEYS: list[PrivateKey] = [EC_KEY, rsa.generate_private_key(65537, 2048)]


@pytest.mark.parametrize("key", KEYS, ids=["ES256", "RS256"])
def test_a_signed_token_gives_back_its_claims(key: PrivateKey) -> None:
    token = Signer(key).sign({"sub": "me"})
    assert Verifier([key.public_key()]).verify(token) == {"sub": "me"}


@pytest.mark.parametrize("key", KEYS, ids=["ES256", "RS256"])
def test_every_changed_token_is_refused(key: PrivateKey) -> None:
    header, claims, signature = Signer(key).sign({"sub": "me"}).split(".")
    verifier = Verifier([key.public_key()])
    other = Signer(EC_KEY).sign({"sub": "you"}).split(".")[1]
    for bad in (f"{header}.{other}.{signature}", f"{header}.{claims}.{signature[:-4]}AAAA", f"{header}.{claims}.",
                f"{header}.{claims}", "x", "", "...", f"eyJhbGciOiJub25lIn0.{claims}."):  # fmt: skip
        with pytest.raises(InvalidToken):
            verifier.verify(bad)


def test_another_key_is_not_ours() -> None:
    with pytest.raises(InvalidToken):
        Verifier([KEYS[1].public_key()]).verify(Signer(EC_KEY).sign({}))


class World:
    """Objects that exist, and a clock."""

    def __init__(self) -> None:
        self.clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.objects = {("serviceaccounts", "d", "robot"): "uid1", ("pods", "d", "p"): "uid2"}
        self.issuer = TokenIssuer(ISSUER, Signer(EC_KEY), self.clock)
        verifier = Verifier([EC_KEY.public_key()])
        self.authenticator = ServiceAccountAuthenticator(ISSUER, (ISSUER,), verifier, self.get, self.clock)

    async def get(self, plural: str, namespace: str, name: str) -> dict[str, Any] | None:
        uid = self.objects.get((plural, namespace, name))
        return {"metadata": {"uid": uid}} if uid else None

    def token(self, **more: Any) -> str:
        return self.issuer.issue("d", "robot", "uid1", more.pop("audiences", (ISSUER,)), 600, **more).token


async def test_a_good_token_names_the_account_and_its_pod() -> None:
    world = World()
    token = world.token(bound=BoundObject("pod", "p", "uid2"))
    user, audiences, expires = await world.authenticator.authenticate(token)
    assert user.name == "system:serviceaccount:d:robot" and user.uid == "uid1" and audiences == [ISSUER]
    assert user.extra["authentication.kubernetes.io/pod-name"] == ["p"]
    assert expires == world.clock.now().timestamp() + 600


async def test_a_token_ends_with_its_time() -> None:
    world = World()
    token = world.token()
    await world.clock.advance(601)
    with pytest.raises(InvalidToken, match="expired"):
        await world.authenticator.authenticate(token)


@pytest.mark.parametrize("gone", [("serviceaccounts", "d", "robot"), ("pods", "d", "p")])
async def test_a_token_dies_with_what_it_is_bound_to(gone: tuple[str, str, str]) -> None:
    world = World()
    token = world.token(bound=BoundObject("pod", "p", "uid2"))
    world.objects[gone] = "another"
    with pytest.raises(InvalidToken, match="gone"):
        await world.authenticator.authenticate(token)


async def test_a_token_for_somebody_else_is_refused() -> None:
    world = World()
    with pytest.raises(AudienceMismatch):
        await world.authenticator.authenticate(world.token(audiences=("vault",)))
    _, audiences, _ = await world.authenticator.authenticate(world.token(audiences=("vault", "x")), ("vault",))
    assert audiences == ["vault"]
