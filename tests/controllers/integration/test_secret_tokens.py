"""A token Secret at the real API server: filled in by the manager, good for requests, and only while it is there."""

from __future__ import annotations

import base64
from collections.abc import Callable

from kube.api.authentication_v1 import TokenReview
from kube.api.core_v1 import Secret, ServiceAccount
from kube.client import Client
from tests.controllers.integration.conftest import ManagerProcess, until
from tests.support.cluster import ApiServer

URL = "/api/v1/namespaces/default/secrets"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


async def test_a_secrets_token_works_while_the_secret_is_there(
    apiserver: ApiServer, client: Client, new_manager: Callable[..., ManagerProcess]
) -> None:
    new_manager("--service-account-private-key-file", str(apiserver.directory / "sa.key"))
    await client.create(ServiceAccount.from_dict({"metadata": {"name": "robot", "namespace": "default"}}))
    notes = {"kubernetes.io/service-account.name": "robot"}
    meta = {"name": "t", "namespace": "default", "annotations": notes}
    await client.create(Secret.from_dict({"metadata": meta, "type": "kubernetes.io/service-account-token"}))

    async def filled() -> dict[str, str]:
        return (await client.get(Secret, "t", "default")).data

    data = await until(filled, 60)
    assert base64.b64decode(data["ca.crt"]).decode() == apiserver.ca_file.read_text()
    assert base64.b64decode(data["namespace"]) == b"default"
    token = base64.b64decode(data["token"]).decode()
    status, answer = apiserver.request("POST", WHO, {}, token=token)
    assert status == 201
    assert answer["status"]["userInfo"]["username"] == "system:serviceaccount:default:robot"
    labels = (await client.get(Secret, "t", "default")).metadata.labels
    assert set(labels) == {"kubernetes.io/legacy-token-last-used"}

    async def error() -> str:
        review = TokenReview.from_dict({"spec": {"token": token}})
        return (await client.create(review)).status.error

    assert await error() == ""
    await client.delete(ServiceAccount, "robot", "default")
    assert "invalid bearer token" in await until(error)

    async def gone() -> bool:
        return not [s for s in await client.list(Secret, "default") if s.metadata.name == "t"]

    await until(gone)
