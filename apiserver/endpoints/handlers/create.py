"""POST to a collection: a new object.

Called by the router. It calls the codec, the strategy's defaults and the store.
Source: k8s.io/apiserver/pkg/endpoints/handlers/create.go.
"""

from __future__ import annotations

from apiserver.endpoints.endpoint import Endpoint, write_of
from apiserver.endpoints.handlers.decoding import check_namespace, decode_body
from apiserver.endpoints.options import write_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.views import object_body


async def create(endpoint: Endpoint, request: Request) -> Response:
    """201 with the object as it was stored."""
    options = write_options("CreateOptions", request.query, request.raw_query)
    obj = await decode_body(endpoint, request, options.field_validation)
    namespace = endpoint.namespace_of(request)
    check_namespace(endpoint, obj, namespace)
    written = await endpoint.store.create(namespace, obj, write_of(request, options))
    include = request.query.get("includeObject", "")
    return Response(object_body(endpoint.resource, written.wire, request.output, include), 201)
