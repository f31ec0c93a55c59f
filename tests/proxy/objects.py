"""Services and EndpointSlices in a line each, for the proxy's tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kube.api.core_v1 import Service
from kube.api.discovery_v1 import EndpointSlice
from proxy.dataplane import Dataplane, Outcome, joined
from proxy.model.desired import ServiceState, service_state
from proxy.model.objects import Key, NodeInfo, ServiceInfo, SliceInfo, service_info, slice_info
from proxy.model.tracker import ChangeTracker
from proxy.planner import Planner

NODE = NodeInfo("node1", "zone-a", ("192.168.77.11",))


def service(name: str = "myapp", ports: list[dict[str, Any]] | None = None, **spec: Any) -> Service:
    """A ClusterIP Service at 10.96.0.10, TCP 80, unless told otherwise. Its status has `load_balancer_ips`, and their
    `ip_mode`."""
    mode = spec.pop("ip_mode", "VIP")
    ingress = [{"ip": ip, "ipMode": mode} for ip in spec.pop("load_balancer_ips", [])]
    body = {"type": "ClusterIP", "clusterIP": "10.96.0.10", "ports": ports or [{"protocol": "TCP", "port": 80}]} | spec
    body.setdefault("clusterIPs", [body["clusterIP"]])
    meta = {"name": name, "namespace": "default", "resourceVersion": "1"}
    return Service.from_dict({"metadata": meta, "spec": body, "status": {"loadBalancer": {"ingress": ingress}}})


def endpoint(address: str, node: str = "node1", **more: Any) -> dict[str, Any]:
    """`ready`, `serving`, `terminating` and `hints` as keywords."""
    conditions = {k: more.pop(k) for k in ("ready", "serving", "terminating") if k in more}
    return {"addresses": [address], "nodeName": node, "conditions": conditions or {"ready": True}, **more}


def endpoint_slice(
    service_name: str,
    endpoints: list[dict[str, Any]],
    port: int = 8080,
    protocol: str = "TCP",
    name: str = "",
    **more: Any,
) -> EndpointSlice:
    labels = {"kubernetes.io/service-name": service_name}
    return EndpointSlice.from_dict(
        {
            "metadata": {"name": name or f"{service_name}-1", "namespace": "default", "labels": labels},
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": [{"name": "", "port": port, "protocol": protocol}],
            **more,
        }
    )


def state(svc: Service | ServiceInfo, *slices: EndpointSlice | SliceInfo, node: NodeInfo = NODE) -> ServiceState:
    """What the Service wants of a node."""
    return service_state(service_info(svc), [slice_info(s) for s in slices], node)


def resync(dataplane: Dataplane, states: Mapping[Key, ServiceState]) -> Outcome:
    """A whole comparison."""
    return joined(dataplane.compare(states))


def tracked(*objects: Service | EndpointSlice) -> ChangeTracker:
    """A tracker that has heard of these objects."""
    tracker = ChangeTracker()
    for obj in objects:
        if isinstance(obj, Service):
            tracker.set_service(service_info(obj))
        else:
            tracker.set_slice(slice_info(obj))
    return tracker


def program(dataplane: Dataplane, *objects: Service | EndpointSlice) -> Planner:
    """A full sync of an empty node, then one sync of these objects; returns who remembers the state."""
    planner = Planner(tracked(*objects), NODE)
    assert not resync(dataplane, {}).failures
    outcome = dataplane.sync(planner.plan(planner.tracker.take()))
    assert not outcome.failures, outcome.failures
    return planner
