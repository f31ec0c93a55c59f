"""Services from flags: `create service TYPE NAME --tcp=80:8080`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kubectl_lite.errors import CommandError


def service(
    name: str, type_: str, tcp: Sequence[str], *, cluster_ip: str = "", node_port: int = 0, external_name: str = ""
) -> dict[str, Any]:
    """A Service that selects `app=NAME`. Raises CommandError for a bad port."""
    ports = [_port(word, node_port) for words in tcp for word in words.split(",")]
    if not ports and type_ != "ExternalName" and cluster_ip != "None":
        raise CommandError("at least one tcp port specifier must be provided")
    spec: dict[str, Any] = {"type": type_, "selector": {"app": name}}
    if ports:
        spec["ports"] = ports
    if cluster_ip:
        spec["clusterIP"] = cluster_ip
    if external_name:
        spec["externalName"] = external_name
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def _port(word: str, node_port: int) -> dict[str, Any]:
    port, colon, target = word.partition(":")
    number = _number(port)
    obj: dict[str, Any] = {"name": word.replace(":", "-"), "port": number, "protocol": "TCP"}
    obj["targetPort"] = (int(target) if target.isdigit() else target) if colon else number
    if node_port:
        obj["nodePort"] = node_port
    return obj


def _number(text: str) -> int:
    if not text.isdigit():
        raise CommandError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) > 65535:
        raise CommandError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)
