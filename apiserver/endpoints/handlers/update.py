"""PUT of an object: the whole object anew.

Called by the router, for resources and for their `status`. It calls the codec and the store.
Source: k8s.io/apiserver/pkg/endpoints/handlers/update.go.
"""

from __future__ import annotations

from typing import Any

from apiserver.endpoints.endpoint import Endpoint, write_of
from apiserver.endpoints.handlers.decoding import check_name, check_namespace, decode_body
from apiserver.endpoints.options import write_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.views import object_body


async def update(endpoint: Endpoint, request: Request) -> Response:
    """200 with the object as it is stored now, 201 when this created it."""
    options = write_options("UpdateOptions", request.query, request.raw_query)
    obj = await decode_body(endpoint, request, options.field_validation)
    namespace = endpoint.namespace_of(request)
    check_namespace(endpoint, obj, namespace)
    check_name(obj, request.info.name)
    text = obj.to_json()

    async def make(current: Any) -> Any:
        return endpoint.resource.type.from_json(text)

    store = endpoint.store
    stages = store.stages[request.info.subresource]
    written = await store.update(namespace, request.info.name, make, write_of(request, options), stages)
    body = object_body(endpoint.resource, written.wire, request.output, request.query.get("includeObject", ""))
    return Response(body, 201 if written.created else 200)
