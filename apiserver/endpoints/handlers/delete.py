"""DELETE of an object or of a collection.

Called by the router. It calls the codec for DeleteOptions, and the store.
Source: k8s.io/apiserver/pkg/endpoints/handlers/delete.go.
"""

from __future__ import annotations

import json

from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.handlers.list import select
from apiserver.endpoints.options import check_delete_options, delete_options_from_query, list_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response, success
from apiserver.endpoints.views import list_body, object_body
from apiserver.registry.generic.options import Write
from apiserver.storage.keys import split_key
from kube.apimachinery.codec import decode_delete_options
from kube.apimachinery.errors import NotFound
from kube.apimachinery.meta_v1 import DeleteOptions, StatusDetails


async def read_delete_options(request: Request) -> DeleteOptions:
    """From the body, or from the query where there is none; as in Kubernetes, never from both. Raises BadRequest,
    Invalid, UnsupportedMediaType."""
    body = await request.body()
    if body:
        options = decode_delete_options(body, request.content_type)
    else:
        options = delete_options_from_query(request.query, request.raw_query)
    check_delete_options(options)
    return options


async def delete(endpoint: Endpoint, request: Request) -> Response:
    """200 with a Status when the object is gone, with the object when it stays for now."""
    options = await read_delete_options(request)
    info, store = request.info, endpoint.store
    write = Write(user=request.user, dry_run=bool(options.dryRun), warnings=request.warnings)
    written = await store.delete(endpoint.namespace_of(request), info.name, options, write)
    if written.removed and not store.strategy.returns_deleted_object:
        resource = endpoint.resource
        uid = json.loads(written.data)["metadata"].get("uid", "")
        details = StatusDetails(name=info.name, group=resource.group, kind=resource.plural, uid=uid)
        return Response(success(details))
    return Response(
        object_body(endpoint.resource, written.wire, request.output, request.query.get("includeObject", ""))
    )


async def deletecollection(endpoint: Endpoint, request: Request) -> Response:
    """200 with the list of what was found. One object after the other; who is gone meanwhile does not matter."""
    options = await read_delete_options(request)
    page = await select(endpoint, request, list_options(request.query, watch=False))
    store = endpoint.store
    for stored in page.items:
        namespace, name = split_key(stored.key, store.prefix, endpoint.resource.namespaced)
        write = Write(user=request.user, dry_run=bool(options.dryRun), warnings=request.warnings)
        try:
            await store.delete(namespace, name, options.model_copy(deep=True), write)
        except NotFound:
            continue
    body = list_body(
        endpoint.resource, [s.wire for s in page.items], request.output,
        request.query.get("includeObject", ""), page.revision, page.continue_token, page.remaining,
    )  # fmt: skip
    return Response(body)
