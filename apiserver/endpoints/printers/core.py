"""Table rows of the core kinds but Pod: Service, Node, Namespace, Endpoints, ConfigMap, Secret, Event, ...

Called by `table`. It calls the shared cells of `columns`. Pods have a file of their own.
"""

from __future__ import annotations

from typing import Any

from apiserver.endpoints.printers.columns import (
    AGE,
    NAME,
    NONE,
    SELECTOR,
    UNKNOWN,
    Column,
    age,
    first_three,
    joined,
    labels_text,
    since,
    wide,
)

SERVICE = (
    NAME, Column("Type"), Column("Cluster-IP"), Column("External-IP"), Column("Port(s)"), AGE, SELECTOR,
)  # fmt: skip


def service(obj: Any) -> list[Any]:
    spec = obj.spec
    cluster_ip = spec.clusterIPs[0] if spec.clusterIPs else spec.clusterIP or NONE
    ports = joined(_service_port(p) for p in spec.ports)
    return [obj.metadata.name, spec.type, cluster_ip, _external_ip(obj), ports, age(obj), labels_text(spec.selector)]


def _service_port(port: Any) -> str:
    protocol = port.protocol or "TCP"
    return f"{port.port}:{port.nodePort}/{protocol}" if port.nodePort else f"{port.port}/{protocol}"


def _external_ip(obj: Any) -> str:
    spec = obj.spec
    if spec.type == "ExternalName":
        return spec.externalName
    if spec.type != "LoadBalancer":
        return joined(spec.externalIPs)
    ingress = sorted({i.ip or i.hostname for i in obj.status.loadBalancer.ingress} - {""})
    return joined([*ingress, *spec.externalIPs], "<pending>")


NODE = (
    NAME, Column("Status"), Column("Roles"), AGE, Column("Version"), wide("Internal-IP"), wide("External-IP"),
    wide("OS-Image"), wide("Kernel-Version"), wide("Container-Runtime"),
)  # fmt: skip
_ROLE_PREFIX, _ROLE = "node-role.kubernetes.io/", "kubernetes.io/role"


def node(obj: Any) -> list[Any]:
    info = obj.status.nodeInfo
    return [
        obj.metadata.name, _node_status(obj), joined(sorted(_roles(obj.metadata.labels))), age(obj),
        info.kubeletVersion, _address(obj, "InternalIP"), _address(obj, "ExternalIP"), info.osImage or UNKNOWN,
        _kernel(info), info.containerRuntimeVersion or UNKNOWN,
    ]  # fmt: skip


def _kernel(info: Any) -> str:
    if not info.kernelVersion:
        return UNKNOWN
    return f"{info.kernelVersion} ({info.architecture})" if info.architecture else info.kernelVersion


def _node_status(obj: Any) -> str:
    ready = [c for c in obj.status.conditions if c.type == "Ready"]
    text = "Unknown" if not ready else "Ready" if ready[0].status == "True" else "NotReady"
    return text + ",SchedulingDisabled" if obj.spec.unschedulable else text


def _roles(labels: dict[str, str]) -> set[str]:
    roles = {key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX)}
    if labels.get(_ROLE):
        roles.add(labels[_ROLE])
    return {role for role in roles if role}


def _address(obj: Any, type_: str) -> str:
    return next((a.address for a in obj.status.addresses if a.type == type_), NONE)


NAMESPACE = (NAME, Column("Status"), AGE)


def namespace(obj: Any) -> list[Any]:
    return [obj.metadata.name, obj.status.phase, age(obj)]


ENDPOINTS = (NAME, Column("Endpoints"), AGE)


def endpoints(obj: Any) -> list[Any]:
    shown = [
        _endpoint(address.ip, port) for subset in obj.subsets for port in subset.ports or (None,)
        for address in subset.addresses
    ]  # fmt: skip
    return [obj.metadata.name, first_three(shown, NONE), age(obj)]


def _endpoint(ip: str, port: Any) -> str:
    if port is None:
        return ip
    return f"[{ip}]:{port.port}" if ":" in ip else f"{ip}:{port.port}"


CONFIG_MAP = (NAME, Column("Data", "integer"), AGE)


def config_map(obj: Any) -> list[Any]:
    return [obj.metadata.name, len(obj.data) + len(obj.binaryData), age(obj)]


SECRET = (NAME, Column("Type"), Column("Data", "integer"), AGE)


def secret(obj: Any) -> list[Any]:
    return [obj.metadata.name, obj.type, len(obj.data), age(obj)]


SERVICE_ACCOUNT = (NAME, AGE)


def service_account(obj: Any) -> list[Any]:
    return [obj.metadata.name, age(obj)]


EVENT = (
    Column("Last Seen"), Column("Type"), Column("Reason"), Column("Object"), wide("Subobject"), wide("Source"),
    Column("Message"), wide("First Seen"), wide("Count"), wide("Name", format_="name"),
)  # fmt: skip


def event(obj: Any) -> list[Any]:
    first = since(obj.firstTimestamp or obj.eventTime)
    last = since(obj.lastTimestamp) if obj.lastTimestamp else first
    count = obj.count
    if obj.series is not None:
        last, count = since(obj.series.lastObservedTime), obj.series.count
    about = obj.involvedObject
    target = f"{about.kind.lower()}/{about.name}" if about.name else about.kind.lower()
    return [
        last, obj.type, obj.reason, target, about.fieldPath, _event_source(obj), obj.message.strip(), first,
        count or 1, obj.metadata.name,
    ]  # fmt: skip


def _event_source(obj: Any) -> str:
    component = obj.source.component or obj.reportingComponent
    host = obj.source.host or obj.reportingInstance
    return f"{component}, {host}" if host else component


EVENTS_V1 = EVENT


def events_v1_event(obj: Any) -> list[Any]:
    """The same event under events.k8s.io, where the fields have other names."""
    first = since(obj.deprecatedFirstTimestamp or obj.eventTime)
    last = since(obj.deprecatedLastTimestamp) if obj.deprecatedLastTimestamp else first
    count = obj.deprecatedCount
    if obj.series is not None:
        last, count = since(obj.series.lastObservedTime), obj.series.count
    about, source = obj.regarding, obj.deprecatedSource
    component, host = source.component or obj.reportingController, source.host or obj.reportingInstance
    return [
        last, obj.type, obj.reason, f"{about.kind.lower()}/{about.name}", about.fieldPath,
        f"{component}, {host}" if host else component, obj.note.strip(), first, count or 1, obj.metadata.name,
    ]  # fmt: skip
