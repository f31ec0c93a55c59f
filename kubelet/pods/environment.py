"""The environment of a container: its own variables, what they refer to, and the Services of its namespace. Pure.

Called by `kubelet.pods.worker`, which reads the ConfigMaps and Secrets beforehand. `$(NAME)` is replaced by what
was defined earlier, as Kubernetes does. Source: kubernetes.io/docs/tasks/inject-data-application/.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kube.api.core_v1 import ConfigMap, Container, EnvVarSource, Pod, Secret, Service
from kube.apimachinery.quantity import parse

_REFERENCE = re.compile(r"\$(?:\$|\(([-._a-zA-Z0-9]+)\))")
_NAME = re.compile(r"^[-._a-zA-Z][-._a-zA-Z0-9]*$")


class ConfigError(Exception):
    """A ConfigMap, Secret or key that is needed is not there: CreateContainerConfigError."""


@dataclass
class Sources:
    """What variables may refer to. ConfigMaps and Secrets by name; None for one that does not exist."""

    pod: Pod
    node_name: str
    host_ip: str
    pod_ips: Sequence[str] = ()
    config_maps: Mapping[str, ConfigMap | None] = field(default_factory=dict)
    secrets: Mapping[str, Secret | None] = field(default_factory=dict)
    services: Iterable[Service] = ()


def expand(text: str, known: Mapping[str, str]) -> str:
    """Replaces `$(NAME)`; what is not known stays as it is, and `$$` is a dollar sign."""

    def one(match: re.Match[str]) -> str:
        name = match.group(1)
        return "$" if name is None else known.get(name, match.group(0))

    return _REFERENCE.sub(one, text)


def environment(container: Container, sources: Sources) -> dict[str, str]:
    """All variables. Raises ConfigError."""
    made = service_variables(sources)
    for source in container.envFrom:
        if source.configMapRef:
            data = _data("configmap", source.configMapRef.name, sources, source.configMapRef.optional)
        elif source.secretRef:
            data = _data("secret", source.secretRef.name, sources, source.secretRef.optional)
        else:
            continue
        made |= {source.prefix + key: value for key, value in data.items() if _NAME.match(source.prefix + key)}
    for variable in container.env:
        if variable.valueFrom is None:
            made[variable.name] = expand(variable.value, made)
        elif (value := _referred(variable.valueFrom, container, sources)) is not None:
            made[variable.name] = value
    return made


def _referred(source: EnvVarSource, container: Container, sources: Sources) -> str | None:
    if source.fieldRef:
        return field_value(source.fieldRef.fieldPath, sources)
    if source.resourceFieldRef:
        return _resource(source.resourceFieldRef.resource, container)
    for kind, reference in (("configmap", source.configMapKeyRef), ("secret", source.secretKeyRef)):
        if reference is None:
            continue
        data = _data(kind, reference.name, sources, reference.optional)
        if reference.key in data:
            return data[reference.key]
        if not reference.optional:
            raise ConfigError(f"couldn't find key {reference.key} in {kind.replace('map', 'Map').capitalize()} "
                              f"{sources.pod.metadata.namespace}/{reference.name}")  # fmt: skip
    return None


def _data(kind: str, name: str, sources: Sources, optional: bool | None) -> dict[str, str]:
    found = (sources.config_maps if kind == "configmap" else sources.secrets).get(name)
    if found is None:
        if optional:
            return {}
        raise ConfigError(f'{kind} "{name}" not found')
    if kind == "configmap":
        return dict(found.data)
    return {key: base64.b64decode(value).decode(errors="replace") for key, value in found.data.items()}


def field_value(path: str, sources: Sources) -> str:
    """The downward API. Raises ConfigError for a path that it does not have."""
    pod, meta = sources.pod, sources.pod.metadata
    simple = {
        "metadata.name": meta.name, "metadata.namespace": meta.namespace, "metadata.uid": meta.uid,
        "spec.nodeName": sources.node_name, "spec.serviceAccountName": pod.spec.serviceAccountName,
        "status.hostIP": sources.host_ip, "status.hostIPs": sources.host_ip,
        "status.podIP": sources.pod_ips[0] if sources.pod_ips else "", "status.podIPs": ",".join(sources.pod_ips),
    }  # fmt: skip
    if path in simple:
        return simple[path]
    for name, values in (("labels", meta.labels), ("annotations", meta.annotations)):
        if path == f"metadata.{name}":
            return "\n".join(f'{key}="{value}"' for key, value in sorted(values.items()))
        if path.startswith(f"metadata.{name}['") and path.endswith("']"):
            return values.get(path[len(f"metadata.{name}['") : -2], "")
    raise ConfigError(f"unsupported fieldPath: {path}")


def _resource(name: str, container: Container) -> str:
    kind, _, resource = name.partition(".")
    given = container.resources.limits if kind == "limits" else container.resources.requests
    if resource in given:
        return str(parse(given[resource]).value)
    return str(os.cpu_count() or 1) if resource == "cpu" else "0"


def service_variables(sources: Sources) -> dict[str, str]:
    """`NAME_SERVICE_HOST` and its kin for the Services of the namespace, and for `kubernetes` always."""
    links = sources.pod.spec.enableServiceLinks is not False
    made: dict[str, str] = {}
    for service in sources.services:
        meta = service.metadata
        is_kubernetes = (meta.namespace, meta.name) == ("default", "kubernetes")
        if service.spec.clusterIP in ("", "None") or not service.spec.ports:
            continue
        if is_kubernetes or (links and meta.namespace == sources.pod.metadata.namespace):
            made |= _variables_of(service)
    return made


def _variables_of(service: Service) -> dict[str, str]:
    prefix = service.metadata.name.upper().replace("-", "_").replace(".", "_")
    address, ports = service.spec.clusterIP, service.spec.ports
    first = ports[0]
    made = {f"{prefix}_SERVICE_HOST": address, f"{prefix}_SERVICE_PORT": str(first.port)}
    made |= {f"{prefix}_SERVICE_PORT_{port.name.upper().replace('-', '_')}": str(port.port)
             for port in ports if port.name}  # fmt: skip
    host = f"[{address}]" if ":" in address else address
    made[f"{prefix}_PORT"] = f"{(first.protocol or 'TCP').lower()}://{host}:{first.port}"
    for port in ports:
        protocol = (port.protocol or "TCP").lower()
        base = f"{prefix}_PORT_{port.port}_{protocol.upper()}"
        made |= {base: f"{protocol}://{host}:{port.port}", f"{base}_PROTO": protocol, f"{base}_PORT": str(port.port),
                 f"{base}_ADDR": address}  # fmt: skip
    return made
