"""Binding a Pod to a node: `pods/NAME/binding` and the older `bindings` collection. What the scheduler does.

Called by the router. It calls the store of Pods. Source: kubernetes pkg/registry/core/pod/storage, assignPod.
"""

from __future__ import annotations

from typing import Any

from apiserver.endpoints.endpoint import Endpoint, write_of
from apiserver.endpoints.handlers.decoding import check_namespace
from apiserver.endpoints.options import write_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response, success
from apiserver.registry.generic.store import Stages
from kube.api import scheme
from kube.api.core_v1 import Binding, Pod, PodCondition
from kube.apimachinery.codec import decode
from kube.apimachinery.errors import BadRequest, Conflict, quoted
from kube.apimachinery.meta_v1 import StatusDetails
from kube.apimachinery.times import format_time

_BINDING = scheme.by_type(Binding)


async def create(endpoint: Endpoint, request: Request) -> Response:
    """201 with a Status."""
    options = write_options("CreateOptions", request.query, request.raw_query)
    decoded = decode(await request.body(), request.content_type, _BINDING, options.field_validation)  # type: ignore[arg-type]
    binding: Binding = decoded.object
    request.warnings += decoded.warnings
    namespace = request.info.namespace
    check_namespace(endpoint, binding, namespace)
    name = request.info.name or binding.metadata.name
    if binding.metadata.name and binding.metadata.name != name:
        raise BadRequest("name in URL does not match name in Binding object")
    _validate(binding)
    pods = endpoint.services["stores"]["pods"]
    now = format_time(pods.clock.now())

    async def make(pod: Any) -> Any:
        _assign(pod, binding, now)
        return pod

    stages: Stages[Any] = Stages(lambda obj, old, ctx: None, lambda obj, old: [])
    await pods.update(namespace, name, make, write_of(request, options), stages)
    return Response(success(code=201), 201)


def _validate(binding: Binding) -> None:
    """Raises BadRequest in the words of Kubernetes, which answers 500 here: the errors are not wrapped."""
    target = binding.target
    if target.kind not in ("", "Node"):
        raise BadRequest(
            f'target.kind: Unsupported value: {quoted(target.kind)}: supported values: "Node", "<empty>"'
        )
    if not target.name:
        raise BadRequest("target.name: Required value")


def _assign(pod: Pod, binding: Binding, now: str) -> None:
    """Raises Conflict for a pod that cannot be bound (any more)."""
    name = pod.metadata.name
    why = ""
    if pod.metadata.deletionTimestamp is not None:
        why = f"pod {name} is being deleted, cannot be assigned to a host"
    elif pod.spec.nodeName:
        why = f"pod {name} is already assigned to node {quoted(pod.spec.nodeName)}"
    elif pod.spec.schedulingGates:
        why = f"pod {name} has non-empty .spec.schedulingGates"
    elif binding.metadata.uid and binding.metadata.uid != pod.metadata.uid:
        why = f"the UID in the binding ({binding.metadata.uid}) does not match that of pod {name}"
    if why:
        text = f'Operation cannot be fulfilled on pods/binding "{name}": {why}'
        raise Conflict(text, StatusDetails(name=name, kind="pods/binding"))
    pod.spec.nodeName = binding.target.name
    pod.metadata.annotations |= binding.metadata.annotations
    pod.metadata.labels |= binding.metadata.labels
    _set_scheduled(pod, now)


def _set_scheduled(pod: Pod, now: str) -> None:
    conditions = [c for c in pod.status.conditions if c.type != "PodScheduled"]
    scheduled = PodCondition(type="PodScheduled", status="True", lastTransitionTime=now)
    pod.status.conditions = [*conditions, scheduled]
