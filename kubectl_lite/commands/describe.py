"""`kubectl_lite describe`: what there is to know of an object, with what belongs to it and its events."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import click

from kubectl_lite.cli import bool_option, command
from kubectl_lite.errors import CommandError, report
from kubectl_lite.resources import Target, list_of, targets
from kubectl_lite.session import Session

Json = dict[str, Any]


@command("describe")
@click.argument("args", nargs=-1)
@click.option("-f", "--filename", multiple=True, help="Files that name the resources to describe.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-l", "--selector", default="", help="Label selector to filter on.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Across all namespaces.")
@click.option("--chunk-size", default=500, help="Return large lists in chunks; 0 turns it off.")
@bool_option("--show-events", default=True, help="Show the object's events.")
async def cli(session: Session, args: tuple[str, ...], selector: str, show_events: bool, **flags: Any) -> int:
    """Show details of a specific resource or group of resources."""
    from kube.apimachinery.errors import StatusError

    if not args and not flags["filename"]:
        raise CommandError(
            'You must specify the type of resource to describe. Use "kubectl_lite api-resources" for a complete list '
            "of supported resources."
        )
    found = await targets(
        session, args, files=flags["filename"], recursive=flags["recursive"],
        all_namespaces=flags["all_namespaces"], command="describe",
    )
    code, texts, alike = 0, [], False
    for target in found:
        try:
            objects, alike = await _objects(session, target, selector)
            texts += [await _text(session, target, obj, show_events) for obj in objects]
        except StatusError as error:
            report(error)
            code = 1
    sys.stdout.write("\n\n".join(texts) + ("\n" if texts and alike else ""))
    if not texts and not code:
        where = f" in {found[0].namespace} namespace." if found[0].namespace else ""
        print(f"No resources found{where}", file=sys.stderr)
    return code


async def _objects(session: Session, target: Target, selector: str) -> tuple[list[Json], bool]:
    """The one object, or all of the collection; when no object has the name, those whose names begin with it.

    The second value says whether it was so.
    """
    from kube.apimachinery.errors import NotFound

    kind = {"apiVersion": target.mapping.api_version, "kind": target.mapping.kind}
    if not target.name:
        listed = await list_of(session, target, {"labelSelector": selector})
        return [kind | item for item in listed.get("items") or ()], False
    try:
        return [await session.get(target.path)], False
    except NotFound:
        listed = await session.get(target.mapping.path(target.namespace))
        alike = [kind | i for i in listed.get("items") or () if i["metadata"]["name"].startswith(target.name)]
        if not alike:
            raise
        return alike, True


async def _text(session: Session, target: Target, obj: Json, show_events: bool) -> str:
    events = await _events(session, obj) if show_events else None
    describer = _DESCRIBERS.get(target.mapping.qualified)
    if describer:
        return await describer(session, obj, events)
    from kubectl_lite.describers.generic import describe

    return describe(obj, events)


async def _events(session: Session, obj: Json) -> list[Json]:
    meta = obj["metadata"]
    terms = {"kind": obj["kind"], "name": meta["name"], "namespace": meta.get("namespace", ""), "uid": meta["uid"]}
    field_selector = ",".join(f"involvedObject.{k}={v}" for k, v in terms.items())
    namespace = f"/namespaces/{meta['namespace']}" if meta.get("namespace") else ""
    listed = await session.get(f"/api/v1{namespace}/events", params={"fieldSelector": field_selector})
    return listed.get("items") or []


# ---- what each kind's text needs besides the object ----


async def _list(session: Session, path: str, **selectors: str) -> list[Json]:
    return (await session.get(path, params=selectors)).get("items") or []


async def _service(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.services import describe

    meta = obj["metadata"]
    path = f"/apis/discovery.k8s.io/v1/namespaces/{meta['namespace']}/endpointslices"
    slices = await _list(session, path, labelSelector=f"kubernetes.io/service-name={meta['name']}")
    return describe(obj, slices, events)


async def _pod(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.pods import describe

    return describe(obj, events)


async def _deployment(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.workloads import deployment

    path = f"/apis/apps/v1/namespaces/{obj['metadata']['namespace']}/replicasets"
    return deployment(obj, await _list(session, path, labelSelector=_selector(obj)), events)


async def _replica_set(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.workloads import replica_set

    pods = await _list(session, f"/api/v1/namespaces/{obj['metadata']['namespace']}/pods", labelSelector=_selector(obj))
    uid = obj["metadata"]["uid"]
    owned = [p for p in pods if any(o["uid"] == uid for o in p["metadata"].get("ownerReferences", ()))]
    return replica_set(obj, owned, events)


def _selector(obj: Json) -> str:
    from kubectl_lite.describers.common import label_selector

    return label_selector(obj["spec"].get("selector"))


async def _owned_pods(session: Session, obj: Json) -> list[Json]:
    pods = await _list(session, f"/api/v1/namespaces/{obj['metadata']['namespace']}/pods", labelSelector=_selector(obj))
    uid = obj["metadata"]["uid"]
    return [p for p in pods if any(o["uid"] == uid for o in p["metadata"].get("ownerReferences", ()))]


async def _stateful_set(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.workloads import stateful_set

    return stateful_set(obj, await _owned_pods(session, obj), events)


async def _daemon_set(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.workloads import daemon_set

    return daemon_set(obj, await _owned_pods(session, obj), events)


async def _node(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.describers.nodes import describe

    name = obj["metadata"]["name"]
    pods = await _list(session, "/api/v1/pods", fieldSelector=f"spec.nodeName={name}")
    try:
        lease = await session.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}")
    except StatusError:
        lease = None
    return describe(obj, pods, lease, events)


async def _namespace(session: Session, obj: Json, events: list[Json] | None) -> str:
    from kubectl_lite.describers.small import namespace

    return namespace(obj)


def _small(name: str) -> Callable[[Session, Json, list[Json]], Awaitable[str]]:
    """A describer of `describers.small` that needs no more than the object."""

    async def run(session: Session, obj: Json, events: list[Json] | None) -> str:
        from kubectl_lite.describers import small

        return getattr(small, name)(obj, events)

    return run


_DESCRIBERS: dict[str, Callable[[Session, Json, list[Json]], Awaitable[str]]] = {
    "services": _service,
    "pods": _pod,
    "deployments.apps": _deployment,
    "replicasets.apps": _replica_set,
    "statefulsets.apps": _stateful_set,
    "daemonsets.apps": _daemon_set,
    "nodes": _node,
    "namespaces": _namespace,
    "endpoints": _small("endpoints"),
    "endpointslices.discovery.k8s.io": _small("endpoint_slice"),
    "poddisruptionbudgets.policy": _small("disruption_budget"),
    "ipaddresses.networking.k8s.io": _small("ip_address"),
    "servicecidrs.networking.k8s.io": _small("service_cidr"),
    "configmaps": _small("config_map"),
    "secrets": _small("secret"),
    "serviceaccounts": _small("service_account"),
    "roles.rbac.authorization.k8s.io": _small("role"),
    "clusterroles.rbac.authorization.k8s.io": _small("role"),
    "rolebindings.rbac.authorization.k8s.io": _small("role_binding"),
    "clusterrolebindings.rbac.authorization.k8s.io": _small("role_binding"),
}
