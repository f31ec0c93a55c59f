"""What the words FROM and TO mean. Pure.

Called by `kubectl_lite.commands.trace` and `send`. It calls nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from kubectl_lite.errors import CommandError

Json = dict[str, Any]
_SERVICE, _POD, _NODE = ("svc", "service", "services"), ("pod", "pods", "po"), ("node", "nodes", "no")


class Origin(NamedTuple):
    """`kind` is `pod`, `node` or `client`: this very machine."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}" if self.name else self.kind


class Goal(NamedTuple):
    """A Service and which of its ports (a name, a number, or empty: its first); or a host and a port."""

    service: str = ""
    host: str = ""
    port: str = ""

    def __str__(self) -> str:
        return (f"svc/{self.service}" if self.service else self.host) + (f":{self.port}" if self.port else "")


def parse_origin(word: str) -> Origin:
    """`pod/NAME`, `node/NAME`, `client`. Raises CommandError."""
    kind, slash, name = word.partition("/")
    if word == "client":
        return Origin("client")
    if slash and name and kind in _POD:
        return Origin("pod", name)
    if slash and name and kind in _NODE:
        return Origin("node", name)
    raise CommandError(f"FROM is pod/NAME, node/NAME or client, not {word}")


def parse_goal(word: str) -> Goal:
    """`svc/NAME[:PORT]` or `HOST:PORT`. Raises CommandError."""
    kind, slash, rest = word.partition("/")
    if slash and kind in _SERVICE:
        name, _, port = rest.partition(":")
        if name:
            return Goal(service=name, port=port)
    elif not slash:
        host, _, port = word.rpartition(":")
        if host and port.isdigit():
            return Goal(host=host.strip("[]"), port=port)
    raise CommandError(f"TO is svc/NAME[:PORT] or HOST:PORT, not {word}")


def choose_port(service: Json, wanted: str) -> Json:
    """The Service's port of that name or number; its first when none is wanted. Raises CommandError."""
    ports = service["spec"].get("ports") or []
    for port in ports:
        if wanted in ("", port.get("name"), str(port["port"])):
            return port
    shown = ", ".join(str(p["port"]) for p in ports) or "none"
    raise CommandError(f"service {service['metadata']['name']} has no port {wanted}; its ports are {shown}")


def entrance(origin: Origin, namespace: str, service: Json, port: Json, nodes: list[Json]) -> tuple[str, int]:
    """The host and port by which one who asks from there reaches the Service. Raises CommandError.

    A pod asks by name; a node has no cluster DNS and asks the cluster IP; a client outside takes the load balancer's
    address, an external IP, or a node port.
    """
    meta, spec = service["metadata"], service["spec"]
    if origin.kind == "pod":
        name = meta["name"] if meta["namespace"] == namespace else f"{meta['name']}.{meta['namespace']}"
        return name, port["port"]
    if origin.kind == "node":
        if spec.get("clusterIP") in (None, "", "None"):
            why = "has no virtual IP, and a node does not ask cluster DNS: trace from pod/NAME"
            raise CommandError(f"service {meta['name']} {why}")
        return spec["clusterIP"], port["port"]
    ingress = (service.get("status") or {}).get("loadBalancer", {}).get("ingress") or []
    for address in [*(one.get("ip") or one.get("hostname") for one in ingress), *(spec.get("externalIPs") or ())]:
        return address, port["port"]
    addresses = [a["address"] for n in nodes for a in n["status"].get("addresses") or () if a["type"] == "InternalIP"]
    if port.get("nodePort") and addresses:
        return addresses[0], port["nodePort"]
    raise CommandError(
        f"service {meta['name']} is reached from inside the cluster only ({spec.get('type', 'ClusterIP')}): "
        "trace from pod/NAME or node/NAME"
    )
