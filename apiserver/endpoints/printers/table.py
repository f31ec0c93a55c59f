"""Tables: what `kubectl get` prints, made by the server.

Called by `views` and by the watch handler. It calls the printer of the kind. Every cell is always sent; the client
hides what is only for `-o wide`. Source: meta/v1 Table, k8s.io/apiserver/pkg/registry/rest/table.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from apiserver.endpoints.partial import partial_object
from apiserver.endpoints.printers import core, descriptions, others, pods, workloads
from apiserver.endpoints.printers.columns import Column
from kube.apimachinery.go_json import escaped
from kube.apimachinery.scheme import Resource

Printer = tuple[tuple[Column, ...], Callable[[Any], list[Any]]]

PRINTERS: dict[tuple[str, str], Printer] = {
    ("", "services"): (core.SERVICE, core.service),
    ("", "nodes"): (core.NODE, core.node),
    ("", "namespaces"): (core.NAMESPACE, core.namespace),
    ("", "endpoints"): (core.ENDPOINTS, core.endpoints),
    ("", "configmaps"): (core.CONFIG_MAP, core.config_map),
    ("", "secrets"): (core.SECRET, core.secret),
    ("", "serviceaccounts"): (core.SERVICE_ACCOUNT, core.service_account),
    ("", "events"): (core.EVENT, core.event),
    ("events.k8s.io", "events"): (core.EVENTS_V1, core.events_v1_event),
    ("", "pods"): (pods.POD, pods.pod),
    ("", "podtemplates"): (workloads.POD_TEMPLATE, workloads.pod_template),
    ("", "replicationcontrollers"): (workloads.REPLICA_SET, workloads.replication_controller),
    ("apps", "deployments"): (workloads.DEPLOYMENT, workloads.deployment),
    ("apps", "replicasets"): (workloads.REPLICA_SET, workloads.replica_set),
    ("apps", "daemonsets"): (workloads.DAEMON_SET, workloads.daemon_set),
    ("apps", "statefulsets"): (workloads.STATEFUL_SET, workloads.stateful_set),
    ("apps", "controllerrevisions"): (workloads.CONTROLLER_REVISION, workloads.controller_revision),
    ("autoscaling", "scale"): (workloads.SCALE, workloads.scale),
    ("discovery.k8s.io", "endpointslices"): (others.ENDPOINT_SLICE, others.endpoint_slice),
    ("networking.k8s.io", "servicecidrs"): (others.SERVICE_CIDR, others.service_cidr),
    ("networking.k8s.io", "ipaddresses"): (others.IP_ADDRESS, others.ip_address),
    ("networking.k8s.io", "networkpolicies"): (others.NETWORK_POLICY, others.network_policy),
    ("coordination.k8s.io", "leases"): (others.LEASE, others.lease),
    ("policy", "poddisruptionbudgets"): (others.POD_DISRUPTION_BUDGET, others.pod_disruption_budget),
    ("rbac.authorization.k8s.io", "rolebindings"): (others.BINDING, others.binding),
    ("rbac.authorization.k8s.io", "clusterrolebindings"): (others.BINDING, others.binding),
}
_DEFAULT: Printer = (others.DEFAULT, others.default)


def of_object(resource: Resource, wire: bytes, version: str, include_object: str) -> bytes:
    """A Table of one row."""
    meta = _revision_of(wire)
    return _table(resource, [wire], version, include_object, meta)


def of_list(
    resource: Resource, wires: Sequence[bytes], version: str, include_object: str, revision: int,
    continue_token: str, remaining: int | None,
) -> bytes:  # fmt: skip
    """A Table of a page."""
    meta: dict[str, Any] = {"resourceVersion": str(revision)}
    if continue_token:
        meta["continue"] = continue_token
    if remaining is not None:
        meta["remainingItemCount"] = remaining
    return _table(resource, wires, version, include_object, meta)


class TableEvents:
    """The Tables of one watch: the columns come with the first, then null."""

    def __init__(self, resource: Resource, version: str, include_object: str):
        self._resource, self._version, self._include = resource, version, include_object
        self._told = False

    def next(self, wire: bytes) -> bytes:
        body = _table(self._resource, [wire], self._version, self._include, _revision_of(wire), columns=not self._told)
        self._told = True
        return body

    def bookmark(self, obj: bytes) -> bytes:
        """A bookmark has one row without cells, whose object carries the revision."""
        row = b'{"cells":[],"object":%s}' % obj
        head = _head(self._version, json.loads(obj)["metadata"].get("resourceVersion", ""))
        columns = b"null" if self._told else _definitions(self._resource)
        return b'%s,"columnDefinitions":%s,"rows":[%s]}' % (head, columns, row)


def _head(version: str, revision: str) -> bytes:
    meta = {"resourceVersion": revision} if revision else {}
    return f'{{"kind":"Table","apiVersion":"meta.k8s.io/{version}","metadata":{json.dumps(meta)}'.encode()


def _revision_of(wire: bytes) -> dict[str, Any]:
    revision = json.loads(wire)["metadata"].get("resourceVersion")
    return {"resourceVersion": revision} if revision else {}


def _table(
    resource: Resource, wires: Sequence[bytes], version: str, include_object: str, meta: dict[str, Any],
    *, columns: bool = True,
) -> bytes:  # fmt: skip
    rows = b",".join(_row(resource, wire, version, include_object) for wire in wires)
    head = f'{{"kind":"Table","apiVersion":"meta.k8s.io/{version}","metadata":{json.dumps(meta)}'.encode()
    return b'%s,"columnDefinitions":%s,"rows":[%s]}' % (head, _definitions(resource) if columns else b"null", rows)


def _printer(resource: Resource) -> Printer:
    return PRINTERS.get((resource.group, resource.plural), _DEFAULT)


def _row(resource: Resource, wire: bytes, version: str, include_object: str) -> bytes:
    obj = resource.type.from_json(wire)
    cells = escaped(json.dumps(_printer(resource)[1](obj), ensure_ascii=False).encode())
    conditions = b""
    if resource.kind == "Pod" and (condition := pods.CONDITIONS.get(obj.status.phase)):  # type: ignore[attr-defined]
        conditions = b',"conditions":[%s]' % json.dumps(condition).encode()
    return b'{"cells":%s%s,"object":%s}' % (cells, conditions, _row_object(wire, version, include_object))


def _row_object(wire: bytes, version: str, include_object: str) -> bytes:
    if include_object == "None":
        return b"null"
    return wire if include_object == "Object" else partial_object(wire, version)


def _definitions(resource: Resource) -> bytes:
    texts = descriptions.COLUMNS.get(resource.plural, {})
    shared = {"Name": descriptions.NAME, "Age": descriptions.AGE, "Created At": descriptions.AGE}
    columns = [
        {
            "name": c.name, "type": c.type, "format": c.format,
            "description": texts.get(c.name) or shared.get(c.name, ""), "priority": int(c.wide),
        }
        for c in _printer(resource)[0]
    ]  # fmt: skip
    return json.dumps(columns, ensure_ascii=False).encode()
