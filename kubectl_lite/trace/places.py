"""What the words FROM and TO mean. Pure.

Called by `kubectl_lite.commands.trace` and `send`. It calls nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from kubectl_lite.errors import CommandError

Json = dict[str, Any]
KINDS = {"svc": ("svc", "service", "services"), "pod": ("pod", "pods", "po"), "node": ("node", "nodes", "no")}
PROTOCOLS = ("TCP", "UDP", "SCTP")


class Origin(NamedTuple):
    """`kind` is `pod`, `node` or `client`: this very machine."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}" if self.name else self.kind


class Goal(NamedTuple):
    """A Service, Pod or Node (`kind`, `name`) or a `host`; which port: a name, a number, or empty for the first."""

    kind: str = ""
    name: str = ""
    host: str = ""
    port: str = ""
    protocol: str = ""

    def __str__(self) -> str:
        of = f"{self.kind}/{self.name}" if self.kind else f"[{self.host}]" if ":" in self.host else self.host
        return of + (f":{self.port}" if self.port else "") + (f"/{self.protocol}" if self.protocol else "")


def parse_origin(word: str) -> Origin:
    """`pod/NAME`, `node/NAME`, `client`. Raises CommandError."""
    kind, slash, name = word.partition("/")
    if word == "client":
        return Origin("client")
    if slash and name and kind in KINDS["pod"]:
        return Origin("pod", name)
    if slash and name and kind in KINDS["node"]:
        return Origin("node", name)
    raise CommandError(f"FROM is pod/NAME, node/NAME or client, not {word}")


def parse_goal(word: str) -> Goal:
    """`svc/NAME[.NAMESPACE][:PORT]`, `pod/NAME:PORT`, `node/NAME:PORT`, `HOST:PORT`; `/udp` may follow.

    Raises CommandError.
    """
    rest, slash, protocol = word.rpartition("/")
    if ":" not in rest or protocol.upper() not in PROTOCOLS:
        rest, protocol = word, ""
    kind, slash, place = rest.rpartition("/")
    host, _, port = place.rpartition(":")
    if slash and not host:
        host, port = place, ""
    kinds = [known for known, words in KINDS.items() if kind in words]
    if kinds and host and (port or kinds == ["svc"]):
        return Goal(kinds[0], host, "", port, protocol.upper())
    if not slash and host and port.isdigit():
        return Goal(host=host.strip("[]"), port=port, protocol=protocol.upper())
    raise CommandError(f"TO is svc/NAME[:PORT], pod/NAME:PORT, node/NAME:PORT or HOST:PORT, not {word}")


def choose_port(service: Json, wanted: str, protocol: str = "") -> Json:
    """The Service's port of that name or number; its first when none is wanted. Raises CommandError."""
    ports = service["spec"].get("ports") or []
    for port in ports:
        if wanted in ("", port.get("name"), str(port["port"])) and protocol in ("", port.get("protocol") or "TCP"):
            return port
    shown = ", ".join(f"{p['port']}/{p.get('protocol') or 'TCP'}" for p in ports) or "none"
    asked = wanted + (f"/{protocol}" if protocol else "")
    raise CommandError(f"service {service['metadata']['name']} has no port {asked}; its ports are {shown}")


def end_of(sent: Json) -> str:
    """`ADDRESS:PORT` that was asked."""
    address = sent["address"]
    return f"[{address}]:{sent['port']}" if ":" in address else f"{address}:{sent['port']}"


def address_of(obj: Json, family: str = "") -> str:
    """The first address of a Pod or Node, of the family if one is wanted. Raises CommandError."""
    status = obj.get("status") or {}
    known = [one["ip"] for one in status.get("podIPs") or ()]
    known += [one["address"] for one in status.get("addresses") or () if one["type"] == "InternalIP"]
    fitting = [address for address in known if not family or (":" in address) == (family == "6")]
    if not fitting:
        raise CommandError(f"{obj['metadata']['name']} has no address" + (f" of IPv{family}" if known else " yet"))
    return fitting[0]


def entrance(
    origin: Origin, namespace: str, service: Json, port: Json, nodes: list[Json], family: str = ""
) -> tuple[str, int]:
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
        known = spec.get("clusterIPs") or [spec["clusterIP"]]
        addresses = [a for a in known if not family or (":" in a) == (family == "6")]
        if not addresses:
            raise CommandError(f"service {meta['name']} has no cluster IP of IPv{family}")
        return addresses[0], port["port"]
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
