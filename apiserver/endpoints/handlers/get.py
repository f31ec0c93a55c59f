"""GET of one object: the stored bytes, as they are, or in protobuf.

Called by the router. It calls the store. Source: k8s.io/apiserver/pkg/endpoints/handlers/get.go.
"""

from __future__ import annotations

from apiserver.endpoints import protobuf
from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.negotiation import BINARY, PROTOBUF
from apiserver.endpoints.options import parse_revision
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.views import object_body


async def get(endpoint: Endpoint, request: Request) -> Response:
    """200 with the object."""
    info = request.info
    revision = parse_revision(info.query["resourceVersion"]) if info.query.get("resourceVersion") else None
    stored = await endpoint.store.get(info.namespace, info.name, revision=revision)
    output = request.output
    if output.plain:
        return Response(stored.wire)
    if output == BINARY:
        return Response(protobuf.object_body(endpoint.resource, stored), media_type=PROTOBUF)
    return Response(object_body(endpoint.resource, stored.wire, output, info.query.get("includeObject", "")))
