"""The cases of `kubectl_lite why`: one file each in `cases/`, a manifest and what must be found.

Used by the tests of the judge and by those against a real server. The first document (`kind: Case`) says what is
expected, and what nodes would answer; all others are objects as people write them, to which `facts` adds what a healthy
cluster adds: addresses, statuses, EndpointSlices (by the real controller's own function), nodes, cluster DNS, proxies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from controllers.endpointslice.desired import desired_endpoints, port_models
from kube.api.core_v1 import Node, Pod, Service
from kubectl_lite.why.facts import Facts, NodeFacts
from kubectl_lite.why.finding import Finding
from kubectl_lite.why.objects import is_ready, matches, name

Json = dict[str, Any]
FILES = sorted(Path(__file__).with_name("cases").glob("*.yaml"))
CLUSTER_IP, DNS_IP = "10.96.0.5", "10.96.0.10"


@dataclass(frozen=True)
class Case:
    """`told` is the Case document; `objects` are its manifests."""

    told: Json
    objects: tuple[Json, ...]

    @classmethod
    def read(cls, path: Path) -> Case:
        told, *objects = yaml.safe_load_all(path.read_text())
        return cls(told, tuple(objects))

    def of(self, kind: str, namespace: str = "default") -> list[Json]:
        return [o for o in self.objects if o["kind"] == kind and o["metadata"].get("namespace", "default") == namespace]

    def other_namespaces(self) -> set[str]:
        return {o["metadata"].get("namespace", "default") for o in self.objects} - {"default"}

    def pods(self, namespace: str = "default") -> list[Json]:
        """With the status that a healthy pod has, where the manifest gives none."""
        return [_with_status(pod, number) for number, pod in enumerate(self.of("Pod", namespace))]


def _with_status(pod: Json, number: int) -> Json:
    running = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    address = f"10.244.0.{10 + number}"
    status = (pod.get("status") or running) | {"podIP": address, "podIPs": [{"ip": address}]}
    meta = {"namespace": "default", "uid": f"uid-{number}"} | pod["metadata"]
    return pod | {"metadata": meta, "status": status}


def facts(case: Case) -> Facts:
    """What `gather` would have found in a cluster in which nothing else is wrong."""
    service = next(iter(case.of("Service")), None)
    service = service and _with_defaults(service)
    nodes, pods = _nodes(case), case.pods()
    slices = _slices(case, service, pods, nodes) if service else ()
    elsewhere = [pod for namespace in case.other_namespaces() for pod in case.pods(namespace)]
    found = Facts(
        "default", "web", service, pods=tuple(pods), nodes=nodes, slices=tuple(slices),
        same_name=tuple(o for o in case.objects if o["kind"] == "Service" and name(o) == "web"),
        matching_elsewhere=tuple(elsewhere), events=tuple(case.of("Event")),
        service_cidrs=tuple(case.of("ServiceCIDR")), addresses_in_use=case.told.get("addresses", 0),
        client=case.told.get("client", ""), port=case.told.get("port", ""), now=1000.0,
        workloads=tuple(o for o in case.objects if o["kind"] == "Deployment"), managers=case.told.get("managers"),
        node_leases=tuple(case.told.get("nodeLeases", ())),
        endpoint_tries=tuple(case.told.get("tries", ())), address_owner=case.told.get("addressOwner", ""),
        last_words=case.told.get("lastWords", {}), **_dns(case, service, slices),
    )  # fmt: skip
    listening = {pod: tuple(sockets) for pod, sockets in (case.told.get("listening") or {}).items()}
    return replace(
        found,
        listening=listening or {name(pod): (_listens(8080), _listens(53, "UDP")) for pod in pods},
        by_node={name(node): _node(case, name(node), found) for node in nodes if is_ready(node)},
    )


def _listens(port: int, protocol: str = "TCP") -> Json:
    return {"protocol": protocol, "address": "::", "port": port}


def _with_defaults(service: Json) -> Json:
    spec = {"clusterIP": CLUSTER_IP, "ipFamilies": ["IPv4"], "type": "ClusterIP"} | service["spec"]
    if spec["type"] == "ExternalName":
        spec["clusterIP"] = ""
    return service | {"spec": spec, "metadata": {"namespace": "default"} | service["metadata"]}


def _nodes(case: Case) -> tuple[Json, ...]:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    healthy = [{"kind": "Node", "metadata": {"name": f"node{n}"}, "status": ready} for n in (1, 2)]
    return (*healthy, *case.of("Node"))


def _slices(case: Case, service: Json, pods: list[Json], nodes: tuple[Json, ...]) -> list[Json]:
    """Those of the manifest, or what the controller would make."""
    given = case.of("EndpointSlice")
    selector = service["spec"].get("selector") or {}
    if given or not selector:
        return given
    by_name = {name(node): Node.from_dict(node) for node in nodes}
    wanted = desired_endpoints(
        Service.from_dict(service), [Pod.from_dict(p) for p in pods if matches(selector, p)], by_name.get
    )
    return [
        {"kind": "EndpointSlice", "metadata": {"name": f"web-{number}", "labels": {
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}},
         "ports": [port.to_dict() for port in port_models(ports)],
         "endpoints": [endpoint.to_dict() for endpoint in endpoints]}
        for number, ((_, ports), endpoints) in enumerate(wanted.items())
    ]  # fmt: skip


def _dns(case: Case, service: Json | None, slices: Any) -> Json:
    endpoints = case.told.get("dnsEndpoints", [{"addresses": ["10.244.0.2"]}])
    headless = service is not None and service["spec"]["clusterIP"] == "None"
    found = [a for s in slices for e in s["endpoints"] for a in e["addresses"]] if headless else [CLUSTER_IP]
    answer = {"name": "web.default.svc.cluster.local.", "rcode": "NOERROR", "addresses": found}
    return {
        "dns_service": {"spec": {"clusterIP": DNS_IP}}, "dns_slices": ({"endpoints": endpoints},),
        "dns_answer": case.told.get("dns", answer),
    }  # fmt: skip


def _node(case: Case, node: str, found: Facts) -> NodeFacts:
    """A node whose proxy has heard of everything, but for what the case says of it."""
    told = (case.told.get("nodes") or {}).get(node) or {}
    listening, node_port = tuple(told.get("listening", ())), tuple(told.get("node_port", ()))
    if "proxy_error" in told:
        return NodeFacts(None, told["proxy_error"], listening, (), node_port)
    endpoints = [f"{a}:8080" for e in found.ready_endpoints for a in e["addresses"]]
    server = {
        "address": CLUSTER_IP, "port": 80, "protocol": "TCP", "reach": "ClusterIP", "outside": None,
        "endpoints": told.get("endpoints", endpoints), "rules": [f"services {{ {CLUSTER_IP} . tcp . 80 : goto x }}"],
        "problems": told.get("problems", []),
    }  # fmt: skip
    proxy = {
        "mode": "nftables", "healthy": True, "lastUpdated": 999.0, "failure": "", "notRead": [],
        "flows": told.get("flows", []), "nodePortAddresses": told.get("nodePortAddresses", []),
    }  # fmt: skip
    return NodeFacts(proxy | {"servers": [server]}, "", listening, (), node_port)


def is_found(expected: Json, findings: list[Finding]) -> bool:
    """Whether one of the findings is what a case expects."""
    return any(
        finding.verdict == expected.get("verdict", "broken") and finding.step == expected["step"]
        and all(expected.get(part, "") in getattr(finding, part) for part in ("what", "why", "repair"))
        for finding in findings
    )  # fmt: skip
