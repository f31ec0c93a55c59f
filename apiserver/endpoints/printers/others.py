"""Table rows of discovery, networking, coordination, policy and RBAC.

Called by `table`. It calls the shared cells of `columns`.
"""

from __future__ import annotations

from typing import Any

from apiserver.endpoints.printers.columns import (
    AGE,
    NAME,
    NONE,
    UNSET,
    Column,
    age,
    first_three,
    selector_text,
    wide,
)

ENDPOINT_SLICE = (NAME, Column("AddressType"), Column("Ports"), Column("Endpoints"), AGE)


def endpoint_slice(obj: Any) -> list[Any]:
    ports = [str(p.port) if p.port is not None else "*" if p.name is None else p.name for p in obj.ports]
    addresses = [address for endpoint in obj.endpoints for address in endpoint.addresses]
    return [
        obj.metadata.name, obj.addressType, first_three(ports, UNSET), first_three(addresses, UNSET), age(obj),
    ]  # fmt: skip


SERVICE_CIDR = (NAME, Column("CIDRs"), AGE)


def service_cidr(obj: Any) -> list[Any]:
    return [obj.metadata.name, ",".join(obj.spec.cidrs), age(obj)]


IP_ADDRESS = (NAME, Column("ParentRef"))


def ip_address(obj: Any) -> list[Any]:
    parent = obj.spec.parentRef
    if parent is None:
        return [obj.metadata.name, NONE]
    resource = f"{parent.resource}.{parent.group}" if parent.group else parent.resource
    return [obj.metadata.name, "/".join(part for part in (resource, parent.namespace, parent.name) if part)]


NETWORK_POLICY = (NAME, Column("Pod-Selector"), AGE)


def network_policy(obj: Any) -> list[Any]:
    return [obj.metadata.name, selector_text(obj.spec.podSelector) or NONE, age(obj)]


LEASE = (NAME, Column("Holder"), AGE)


def lease(obj: Any) -> list[Any]:
    return [obj.metadata.name, obj.spec.holderIdentity or "", age(obj)]


POD_DISRUPTION_BUDGET = (
    NAME, Column("Min Available"), Column("Max Unavailable"), Column("Allowed Disruptions", "integer"), AGE,
)  # fmt: skip


def pod_disruption_budget(obj: Any) -> list[Any]:
    spec = obj.spec
    least = "N/A" if spec.minAvailable is None else str(spec.minAvailable)
    most = "N/A" if spec.maxUnavailable is None else str(spec.maxUnavailable)
    return [obj.metadata.name, least, most, obj.status.disruptionsAllowed, age(obj)]


BINDING = (NAME, Column("Role"), AGE, wide("Users"), wide("Groups"), wide("ServiceAccounts"))


def binding(obj: Any) -> list[Any]:
    users = [s.name for s in obj.subjects if s.kind == "User"]
    groups = [s.name for s in obj.subjects if s.kind == "Group"]
    accounts = [f"{s.namespace}/{s.name}" for s in obj.subjects if s.kind == "ServiceAccount"]
    role = f"{obj.roleRef.kind}/{obj.roleRef.name}"
    return [obj.metadata.name, role, age(obj), ", ".join(users), ", ".join(groups), ", ".join(accounts)]


DEFAULT = (NAME, Column("Created At", "date"))


def default(obj: Any) -> list[Any]:
    return [obj.metadata.name, obj.metadata.creationTimestamp or ""]
