"""`scale`: how many replicas a workload shall have, as a small object of its own (autoscaling/v1 Scale).

Called by the router for every workload. It calls the store of the workload, whose `spec.replicas` and managedFields a
write through here changes; everything else in a Scale is shown only. Source: kubernetes pkg/registry/apps/*/storage.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from apiserver.endpoints.endpoint import Endpoint, write_of
from apiserver.endpoints.handlers.decoding import check_name, check_namespace
from apiserver.endpoints.handlers.patch import APPLY, Applying, Patching, change_of, media_type_of, read_configuration
from apiserver.endpoints.options import WriteOptions, write_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.views import object_body
from apiserver.registry.generic.managed_fields import FieldManager, entries
from apiserver.registry.generic.options import Write
from apiserver.registry.generic.store import Store
from apiserver.registry.generic.strategy import Strategy
from kube.api.autoscaling_v1 import Scale
from kube.apimachinery import errors
from kube.apimachinery.codec import decode
from kube.apimachinery.errors import Path
from kube.apimachinery.labels import from_label_selector
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.apimachinery.patch import scale as scale_fields
from kube.apimachinery.scheme import Resource
from kube.apimachinery.times import format_time

SCALE = Resource("autoscaling", "v1", "Scale", "scale", Scale)
Change = Callable[[Scale], Awaitable[Scale]]


def scale_of(workload: Any) -> Scale:
    """The Scale of a Deployment, ReplicaSet or StatefulSet."""
    meta = workload.metadata
    return Scale.from_dict({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": ObjectMeta(
            name=meta.name, namespace=meta.namespace, uid=meta.uid, resourceVersion=meta.resourceVersion,
            creationTimestamp=meta.creationTimestamp,
            managedFields=entries(scale_fields.to_scale([e.to_dict() for e in meta.managedFields])),
        ).to_dict(),
        "spec": {"replicas": workload.spec.replicas or 0},
        "status": {
            "replicas": workload.status.replicas, "selector": str(from_label_selector(workload.spec.selector)),
        },
    })  # fmt: skip


async def get(endpoint: Endpoint, request: Request) -> Response:
    """200 with the Scale."""
    info = request.info
    return _answer(request, await endpoint.store.get_object(info.namespace, info.name))


async def update(endpoint: Endpoint, request: Request) -> Response:
    """200 with the Scale as it is now."""
    options = write_options("UpdateOptions", request.query, request.raw_query)
    decoded = decode(await request.body(), request.content_type, SCALE, options.field_validation)  # type: ignore[arg-type]
    request.warnings += decoded.warnings
    view = _view(endpoint)

    async def change(_current: Scale) -> Scale:
        wanted = decoded.object.deep_copy()
        check_namespace(view, wanted, request.info.namespace)
        check_name(wanted, request.info.name)
        return wanted

    return await _write(endpoint, request, options, change)


async def patch(endpoint: Endpoint, request: Request) -> Response:
    """200 with the Scale as it is now."""
    media_type = media_type_of(request)
    apply = media_type == APPLY
    options = write_options("PatchOptions", request.query, request.raw_query, apply=apply)
    body = await request.body()
    view = _view(endpoint)
    change: Any
    if apply:
        change = Applying(view, request, options, read_configuration(body))
    else:
        change = Patching(view, request, options, change_of(media_type, body, SCALE))
    return await _write(endpoint, request, options, change, applied=apply)


def _view(endpoint: Endpoint) -> Endpoint:
    """An endpoint of Scales, for code that is written for any kind."""
    store: Store[Any] = Store(SCALE, Strategy(), endpoint.store.storage, clock=endpoint.store.clock)
    return replace(endpoint, resource=SCALE, store=store)


async def _write(
    endpoint: Endpoint, request: Request, options: WriteOptions, change: Change, *, applied: bool = False
) -> Response:
    store = endpoint.store
    write = write_of(request, options)
    fields = replace(write, manager=write.manager, operation="Apply" if applied else "Update")
    fields.warnings = write.warnings
    write.operation = "Apply"  # the managedFields are worked out here

    async def make(current: Any) -> Any:
        before = scale_of(current)
        after = await change(before.deep_copy())
        _validate(after)
        _take_over(current, before, after, fields, format_time(store.clock.now()))
        return current

    info = request.info
    written = await store.update(info.namespace, info.name, make, write)
    return _answer(request, endpoint.resource.type.from_json(written.wire))


def _validate(scale: Scale) -> None:
    if scale.spec.replicas < 0:
        text = "must be greater than or equal to 0"
        found = errors.invalid_value(Path("spec")["replicas"], scale.spec.replicas, text)
        raise errors.invalid(SCALE, scale.metadata.name, [found])


def _take_over(workload: Any, before: Scale, after: Scale, fields: Write, now: str) -> None:
    """What a Scale can change of its workload: the replicas, and who manages them. Its revision is a precondition."""
    meta, wanted = workload.metadata, after.metadata
    wanted.managedFields = FieldManager(SCALE, has_status=False).update(before, after, fields, now)
    merged = scale_fields.to_parent(
        [e.to_dict() for e in meta.managedFields], [e.to_dict() for e in wanted.managedFields], workload.apiVersion
    )
    meta.managedFields = entries(merged)
    meta.resourceVersion, meta.uid = wanted.resourceVersion, wanted.uid or meta.uid
    workload.spec.replicas = after.spec.replicas


def _answer(request: Request, workload: Any) -> Response:
    scale = scale_of(workload)
    scale.metadata.managedFields = []  # who owns the replicas is told by the workload alone
    body = scale.to_json()
    return Response(object_body(SCALE, body, request.output, request.query.get("includeObject", "")))
