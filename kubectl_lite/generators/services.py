"""Services from flags: `create service TYPE NAME --tcp=80:8080`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kube.apimachinery.validation.names import is_dns1123_subdomain
from kube.apimachinery.validation.net import is_valid_port_name, is_valid_port_number
from kubectl_lite.errors import CommandError


def service(
    name: str, type_: str, tcp: Sequence[str], *, cluster_ip: str = "", node_port: int = 0, external_name: str = ""
) -> dict[str, Any]:
    """A Service that selects `app=NAME`. Raises CommandError for a bad port."""
    if type_ == "ExternalName" and is_dns1123_subdomain(external_name):
        raise CommandError(f"invalid service external name {external_name}")
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
    obj["targetPort"] = _target(target) if colon else number
    if node_port:
        obj["nodePort"] = node_port
    return obj


def _target(text: str) -> int | str:
    is_number = text.removeprefix("-").isdigit()
    errors = is_valid_port_number(int(text)) if is_number else is_valid_port_name(text)
    if errors:
        raise CommandError(",".join(errors))
    return int(text) if is_number else text


def _number(text: str) -> int:
    if not text.isdigit():
        raise CommandError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) > 65535:
        raise CommandError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)
