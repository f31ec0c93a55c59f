"""Token Secrets: what they are filled with, and that they go with their account."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from controllers.serviceaccount_token import plan
from controllers.serviceaccount_token.controller import ServiceAccountTokenController
from kube.api.core_v1 import ObjectReference, Secret, ServiceAccount
from kube.jwt import SecretToken, Signer, Verifier
from tests.controllers.conftest import World

KEY = ec.generate_private_key(ec.SECP256R1())


def secret(name: str = "t", account: str = "robot", uid: str = "", type_: str = plan.TYPE, **data: str) -> Secret:
    notes = {plan.ACCOUNT_NAME: account} | ({plan.ACCOUNT_UID: uid} if uid else {})
    encoded = {key.replace("_", "."): base64.b64encode(text.encode()).decode() for key, text in data.items()}
    return Secret.from_dict(
        {"metadata": {"name": name, "namespace": "d", "annotations": notes}, "type": type_, "data": encoded}
    )


def account(name: str = "robot", uid: str = "u1", *secrets: str) -> ServiceAccount:
    made = ServiceAccount.from_dict({"metadata": {"name": name, "namespace": "d", "uid": uid}})
    made.secrets = [ObjectReference(name=s) for s in secrets]
    return made


@pytest.mark.parametrize(
    ("given", "owner", "expected"),
    [
        (secret(), account(), True),
        (secret(uid="u1"), account(), True),
        (secret(uid="u0"), account(), False),
        (secret(account="other"), account(), False),
        (secret(), None, False),
        (secret(type_="Opaque"), account(), False),
    ],
)
def test_whose_a_secret_is(given: Secret, owner: ServiceAccount | None, expected: bool) -> None:
    assert plan.is_for(given, owner) is expected


def sign(token: SecretToken) -> str:
    return f"signed {token.namespace}/{token.account}/{token.uid}/{token.secret}"


WHOLE = {"token": "old", "namespace": "d", "ca_crt": "CA"}


@pytest.mark.parametrize(
    ("given", "root_ca", "changed"),
    [
        (secret(uid="u1", **WHOLE), "CA", None),
        (secret(uid="u1", **WHOLE), "", None),
        (secret(), "CA", {"token": "signed d/robot/u1/t", "namespace": "d", "ca.crt": "CA"}),
        (secret(), "", {"token": "signed d/robot/u1/t", "namespace": "d"}),
        (secret(uid="u1", **WHOLE | {"ca_crt": "OLD"}), "CA", {"token": "old", "namespace": "d", "ca.crt": "CA"}),
        (secret(uid="u1", **WHOLE | {"token": ""}), "CA",
         {"token": "signed d/robot/u1/t", "namespace": "d", "ca.crt": "CA"}),
        (secret(**WHOLE, extra="kept"), "CA", {"token": "old", "namespace": "d", "ca.crt": "CA", "extra": "kept"}),
    ],
)  # fmt: skip
def test_what_is_filled_in(given: Secret, root_ca: str, changed: dict[str, str] | None) -> None:
    found = plan.filled(given, account(), root_ca, sign)
    if changed is None:
        assert found is None
        return
    assert {key: base64.b64decode(text).decode() for key, text in found.data.items()} == changed
    assert found.metadata.annotations == {plan.ACCOUNT_NAME: "robot", plan.ACCOUNT_UID: "u1"}


def test_a_reference_to_a_secret_that_is_gone() -> None:
    assert plan.without_reference(account("robot", "u1", "a", "b"), "c") is None
    assert [s.name for s in plan.without_reference(account("robot", "u1", "a", "b"), "a").secrets] == ["b"]


def names(world: World) -> list[str]:
    return [s.metadata.name for s in world.server.all(Secret)]


async def test_a_secret_lives_and_dies_with_its_account(world: World) -> None:
    world.server.seed(account("robot", "u1", "mine", "t"), secret("opaque", type_="Opaque"), secret("lost", "nobody"))
    world.start(ServiceAccountTokenController, token_signer=Signer(KEY), root_ca="CA")
    await world.client.create(secret("t"))
    await world.settle()
    assert names(world) == ["opaque", "t"], "whose account does not exist goes"
    token = base64.b64decode(world.server.get(Secret, "t", "d").data["token"]).decode()
    assert SecretToken.of(Verifier([KEY.public_key()]).verify(token)) == SecretToken("d", "robot", "u1", "t")
    writes = len(world.server.calls)
    await world.settle(60)
    assert len(world.server.calls) == writes
    await world.client.delete(Secret, "t", "d")
    await world.settle()
    assert [s.name for s in world.server.get(ServiceAccount, "robot", "d").secrets] == ["mine"]
    await world.client.create(secret("t2"))
    await world.settle()
    await world.client.delete(ServiceAccount, "robot", "d")
    await world.settle()
    assert names(world) == ["opaque"]


async def test_the_secret_of_an_account_that_was_made_anew_goes(world: World) -> None:
    world.server.seed(account("robot", "u2"), secret(uid="u1", **WHOLE))
    world.start(ServiceAccountTokenController, token_signer=Signer(KEY))
    await world.settle()
    assert names(world) == []


async def test_without_a_key_it_does_nothing(world: World) -> None:
    world.server.seed(secret("lost", "nobody"))
    world.start(ServiceAccountTokenController)
    await world.settle(60)
    assert world.server.calls == []
