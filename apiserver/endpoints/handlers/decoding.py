"""Reading the object of a write: the codec, then the defaults, then what the URL says about it.

Called by the create, update and subresource handlers. It calls `kube.apimachinery.codec`.
"""

from __future__ import annotations

from typing import Any

from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.request import Request
from kube.apimachinery.codec import decode
from kube.apimachinery.errors import BadRequest
from kube.apimachinery.meta_v1 import Object


async def decode_body(endpoint: Endpoint, request: Request, field_validation: str) -> Any:
    """The object with its defaults. Raises BadRequest, UnsupportedMediaType, RequestEntityTooLarge."""
    body = await request.body()
    decoded = decode(body, request.content_type, endpoint.resource, field_validation)
    request.warnings += decoded.warnings
    endpoint.store.strategy.default(decoded.object)
    return decoded.object


def check_namespace(endpoint: Endpoint, obj: Object, namespace: str) -> None:
    """The object's namespace is the URL's, or left to it."""
    if not endpoint.resource.namespaced or not obj.metadata.namespace:
        obj.metadata.namespace = namespace
    elif obj.metadata.namespace != namespace:
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")


def undeterminable(name: str) -> BadRequest:
    return BadRequest(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")


def check_name(obj: Object, name: str) -> None:
    """The object's name is the URL's."""
    given = obj.metadata.name
    if not given:
        raise undeterminable(name)
    if given != name:
        raise BadRequest(f"the name of the object ({given}) does not match the name on the URL ({name})")
