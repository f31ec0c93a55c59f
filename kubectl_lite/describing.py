"""What describing an object takes besides the object: its events, its pods, its slices; asked for, then told.

Called by `describe`. Calls the session and the pure `describers`: each kind has its own, or shares the generic one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from kubectl_lite.resources import Target
from kubectl_lite.session import Session

Json = dict[str, Any]
Describer = Callable[[Session, Json, list[Json] | None], Awaitable[str]]


async def text_of(session: Session, target: Target, obj: Json, show_events: bool) -> str:
    """The text for one object; without a word about events when they shall not be shown."""
    events = await events_of(session, obj) if show_events else None
    describer = _DESCRIBERS.get(target.mapping.qualified)
    if describer:
        return await describer(session, obj, events)
    from kubectl_lite.describers.generic import describe

    return describe(obj, events)


async def events_of(session: Session, obj: Json) -> list[Json]:
    """The events that speak of an object."""
    meta = obj["metadata"]
    terms = {"kind": obj["kind"], "name": meta["name"], "namespace": meta.get("namespace", ""), "uid": meta["uid"]}
    return await _events(session, meta.get("namespace", ""), terms)


async def events_left(session: Session, target: Target) -> list[Json]:
    """The events of an object that is not there any more."""
    return await _events(session, target.namespace, {"name": target.name, "namespace": target.namespace})


async def _events(session: Session, namespace: str, terms: dict[str, str]) -> list[Json]:
    field_selector = ",".join(f"involvedObject.{k}={v}" for k, v in terms.items())
    return await _list(session, "v1", namespace, "events", fieldSelector=field_selector)


async def _list(session: Session, version: str, namespace: str, plural: str, **selectors: str) -> list[Json]:
    where = f"/namespaces/{namespace}" if namespace else ""
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    return (await session.get(f"{root}{where}/{plural}", params=selectors)).get("items") or []


# ---- one function a kind that needs more than the object ----


async def _service(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.services import describe

    meta = obj["metadata"]
    selector = f"kubernetes.io/service-name={meta['name']}"
    slices = await _list(session, "discovery.k8s.io/v1", meta["namespace"], "endpointslices", labelSelector=selector)
    return describe(obj, slices, events)


async def _deployment(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.workloads import deployment

    sets = await _list(session, "apps/v1", obj["metadata"]["namespace"], "replicasets", labelSelector=_selector(obj))
    return deployment(obj, sets, events)


def _selector(obj: Json) -> str:
    from kubectl_lite.describers.common import label_selector

    return label_selector(obj["spec"].get("selector"))


def _with_pods(name: str) -> Describer:
    """A describer of `describers.workloads` that is given the object's own pods."""

    async def run(session: Session, obj: Json, events: list[Json] | None) -> str:
        from kubectl_lite.describers import workloads

        pods = await _list(session, "v1", obj["metadata"]["namespace"], "pods", labelSelector=_selector(obj))
        uid = obj["metadata"]["uid"]
        owned = [p for p in pods if any(o["uid"] == uid for o in p["metadata"].get("ownerReferences", ()))]
        return str(getattr(workloads, name)(obj, owned, events))

    return run


async def _node(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.describers.nodes import describe

    name = obj["metadata"]["name"]
    pods = await _list(session, "v1", "", "pods", fieldSelector=f"spec.nodeName={name}")
    try:
        lease = await session.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}")
    except StatusError:
        lease = None
    return describe(obj, pods, lease, events)


async def _namespace(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.small import namespace

    return namespace(obj)


async def _service_account(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.describers.small import service_account

    try:
        secrets = await _list(session, "v1", obj["metadata"]["namespace"], "secrets")
    except StatusError:  # who may see accounts may not see secrets
        return service_account(obj, None, events)
    return service_account(obj, secrets, events)


def _pure(module: str, name: str = "describe") -> Describer:
    """A function of `describers` that needs no more than the object and its events."""

    async def run(session: Session, obj: Json, events: list[Json] | None) -> str:
        from importlib import import_module

        return str(getattr(import_module(f"kubectl_lite.describers.{module}"), name)(obj, events))

    return run


_DESCRIBERS: dict[str, Describer] = {
    "services": _service,
    "pods": _pure("pods"),
    "deployments.apps": _deployment,
    "replicasets.apps": _with_pods("replica_set"),
    "statefulsets.apps": _with_pods("stateful_set"),
    "daemonsets.apps": _with_pods("daemon_set"),
    "nodes": _node,
    "namespaces": _namespace,
    "networkpolicies.networking.k8s.io": _pure("network_policies"),
    "endpoints": _pure("small", "endpoints"),
    "endpointslices.discovery.k8s.io": _pure("small", "endpoint_slice"),
    "poddisruptionbudgets.policy": _pure("small", "disruption_budget"),
    "ipaddresses.networking.k8s.io": _pure("small", "ip_address"),
    "servicecidrs.networking.k8s.io": _pure("small", "service_cidr"),
    "configmaps": _pure("small", "config_map"),
    "secrets": _pure("small", "secret"),
    "serviceaccounts": _service_account,
    "roles.rbac.authorization.k8s.io": _pure("small", "role"),
    "clusterroles.rbac.authorization.k8s.io": _pure("small", "role"),
    "rolebindings.rbac.authorization.k8s.io": _pure("small", "role_binding"),
    "clusterrolebindings.rbac.authorization.k8s.io": _pure("small", "role_binding"),
}
