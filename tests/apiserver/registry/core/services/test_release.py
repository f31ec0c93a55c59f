"""What a Service held is free again when it is gone, however it went: through the real server."""

from __future__ import annotations

from typing import Any

from tests.support.cluster import ApiServer

PATCH = {"Content-Type": "application/merge-patch+json"}


def service(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "finalizers": ["example.org/hold"]}, "spec": {"ports": [{"port": 80}], **spec}}


def test_the_last_update_changes_the_type_and_lets_go(apiserver: ApiServer, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services"
    asked = {"type": "NodePort", "clusterIP": "10.96.0.77", "ports": [{"port": 80, "nodePort": 30077}]}
    assert apiserver.request("POST", path, service("a", **asked))[0] == 201
    assert apiserver.request("DELETE", f"{path}/a")[0] == 200
    assert apiserver.request("POST", path, service("b", **asked))[0] == 422
    change = {"metadata": {"finalizers": None}, "spec": {"type": "ExternalName", "externalName": "a.example"}}
    status, answer = apiserver.request("PATCH", f"{path}/a", change, headers=PATCH)
    assert status == 200, answer
    assert apiserver.request("GET", f"{path}/a")[0] == 404
    status, answer = apiserver.request("POST", path, service("b", **asked))
    assert status == 201, answer


def test_a_collection_that_is_deleted_frees_everything(apiserver: ApiServer, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services"
    ports = {f"s{n}": 30080 + n for n in range(5)}
    for _ in range(2):
        for name, port in ports.items():
            body = service(name, type="NodePort", ports=[{"port": 80, "nodePort": port}])
            body["metadata"].pop("finalizers")
            status, answer = apiserver.request("POST", path, body)
            assert status == 201, answer
        assert apiserver.request("DELETE", path)[0] == 200
