"""The Service that `expose` makes of an object that has pods. Pure.

Source: k8s.io/kubectl/pkg/cmd/expose: selector and ports come from the object unless flags say otherwise.
"""

from __future__ import annotations

from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.mapper import Mapping

Json = dict[str, Any]
_EXPOSED = ("Pod", "Service", "ReplicationController", "Deployment", "ReplicaSet")


def service(obj: Json, mapping: Mapping, flags: Json) -> Json:
    """The Service. Raises CommandError for objects without pods, selector or port."""
    if mapping.kind not in _EXPOSED:
        group = f".{mapping.group}" if mapping.group else ""
        raise CommandError(f"cannot expose a {mapping.kind}{group}")
    spec: Json = {"ports": _ports(obj, flags), "selector": _pairs(flags["selector"]) or _selector(obj)}
    for field, flag in (("type", "type_"), ("clusterIP", "cluster_ip"), ("sessionAffinity", "session_affinity")):
        if flags[flag]:
            spec[field] = flags[flag]
    if flags["load_balancer_ip"] and flags["type_"] == "LoadBalancer":
        spec["loadBalancerIP"] = flags["load_balancer_ip"]
    if flags["external_ip"]:
        spec["externalIPs"] = [flags["external_ip"]]
    if flags["session_affinity"] not in ("", "None", "ClientIP"):
        raise CommandError(f"unknown session affinity: {flags['session_affinity']}")
    labels = _pairs(flags["labels"]) or obj["metadata"].get("labels")
    metadata = {"name": flags["name"] or obj["metadata"]["name"]} | ({"labels": labels} if labels else {})
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _pairs(text: str) -> Json:
    found = {}
    for word in text.split(",") if text else ():
        key, equals, value = word.partition("=")
        if not key or not equals or "=" in value:
            raise CommandError(f"unexpected label spec: {word}")
        found[key] = value
    return found


def _selector(obj: Json) -> Json:
    if obj["kind"] == "Pod":
        found = obj["metadata"].get("labels")
        if not found:
            raise CommandError("the pod has no labels and cannot be exposed")
        return found
    given = obj["spec"].get("selector") or {}
    if given.get("matchExpressions"):
        raise CommandError(f"couldn't convert expressions - {given['matchExpressions']} to map-based selector format")
    found = given.get("matchLabels") if obj["kind"] in ("Deployment", "ReplicaSet") else given
    if not found:
        raise CommandError("couldn't retrieve selectors via --selector flag or introspection: invalid deployment "
                           "no selectors, therefore cannot be exposed")  # fmt: skip
    return found


def _ports(obj: Json, flags: Json) -> list[Json]:
    own = _own_ports(obj)
    asked = [_number(p) for p in flags["port"].split(",")] if flags["port"] else [number for number, _ in own]
    if not asked:
        raise CommandError("couldn't find port via --port flag or introspection")
    protocols = dict(own)
    ports = []
    for i, number in enumerate(asked, 1):
        target = flags["target_port"] or str(number)
        port: Json = {"name": f"port-{i}"} if len(asked) > 1 else {}
        port |= {"port": number, "protocol": flags["protocol"] or protocols.get(number, "TCP")}
        ports.append(port | {"targetPort": int(target) if target.isdigit() else target})
    return ports


def _number(text: str) -> int:
    if not text.isdigit():
        raise CommandError(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


def _own_ports(obj: Json) -> list[tuple[int, str]]:
    spec = obj["spec"]
    if obj["kind"] == "Service":
        return [(p["port"], p.get("protocol", "TCP")) for p in spec.get("ports") or ()]
    pod = spec if obj["kind"] == "Pod" else spec["template"]["spec"]
    return [(p["containerPort"], p.get("protocol", "TCP")) for c in pod["containers"] for p in c.get("ports") or ()]
