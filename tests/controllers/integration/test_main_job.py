"""The main job against the real API server: a Deployment and a Service become pods and endpoints."""

from __future__ import annotations

import json

from kube.api.apps_v1 import Deployment, ReplicaSet
from kube.api.core_v1 import Event, Node, Pod, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.client import Client
from tests.controllers.conftest import deployment
from tests.controllers.integration.conftest import Kubelets, ManagerProcess, until

SERVICE = {
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
}


async def ready_addresses(client: Client) -> set[str]:
    slices = await client.list(EndpointSlice, "default", label_selector="kubernetes.io/service-name=web")
    return {e.addresses[0] for s in slices for e in s.endpoints if e.conditions.ready}


async def running(client: Client) -> dict[str, Pod]:
    pods = await client.list(Pod, "default")
    return {p.status.podIP: p for p in pods if p.status.phase == "Running" and not p.metadata.deletionTimestamp}


async def consistent(client: Client, count: int) -> bool:
    ips = set(await running(client))
    return len(ips) == count and await ready_addresses(client) == ips


async def test_the_main_job(client: Client, kubelets: Kubelets, manager: ManagerProcess) -> None:
    await kubelets.register("n1", "n2", "n3")
    await client.create(deployment(3))
    await client.create(Service.from_json(json.dumps(SERVICE)))
    await until(lambda: consistent(client, 3))

    pods = list((await running(client)).values())
    assert {p.spec.nodeName for p in pods} == {"n1", "n2", "n3"}, "one on each node"
    nodes = (await client.list(Node)).items
    assert len({n.spec.podCIDR for n in nodes}) == 3
    assert all(n.spec.podCIDR.startswith("10.244.") for n in nodes)

    async def available() -> bool:
        d = await client.get(Deployment, "web", "default")
        return d.status.availableReplicas == 3 and d.status.observedGeneration == d.metadata.generation

    await until(available)
    d = await client.get(Deployment, "web", "default")
    assert d.metadata.annotations["deployment.kubernetes.io/revision"] == "1"
    [one] = (await client.list(EndpointSlice, "default", label_selector="kubernetes.io/service-name=web")).items
    assert one.ports[0].port == 8080
    assert one.metadata.ownerReferences[0].kind == "Service"

    await _scale(client, 5)
    await until(lambda: consistent(client, 5), 5)
    await _scale(client, 1)
    await until(lambda: consistent(client, 1), 5)
    [pod] = (await running(client)).values()
    await client.delete(Pod, pod.metadata.name, "default")
    await until(lambda: _replaced(client, pod.metadata.uid), 5)
    await client.delete(Service, "web", "default")
    await until(lambda: _no_slices(client), 5)
    await client.delete(Deployment, "web", "default", propagation_policy="Foreground")
    await until(lambda: _nothing_left(client), 10)
    reasons = {e.reason for e in await client.list(Event, "default")}
    assert {"ScalingReplicaSet", "SuccessfulCreate", "SuccessfulDelete", "Scheduled"} <= reasons


async def _scale(client: Client, replicas: int) -> None:
    await client.patch(Deployment, "web", "default", {"spec": {"replicas": replicas}}, "merge")


async def _replaced(client: Client, uid: str) -> bool:
    found = await running(client)
    return await consistent(client, 1) and all(p.metadata.uid != uid for p in found.values())


async def _no_slices(client: Client) -> bool:
    return not (await client.list(EndpointSlice, "default", label_selector="kubernetes.io/service-name=web")).items


async def _nothing_left(client: Client) -> bool:
    lists = [await client.list(kind, "default") for kind in (Deployment, ReplicaSet, Pod)]
    return not any(found.items for found in lists)
