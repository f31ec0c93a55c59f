"""From request info to the handler: a table of (group, version, resource, subresource) -> verb -> handler.

Called by the filter chain for every API request. It calls the handlers. It knows which answer an unknown path gets:

| path | answer |
|---|---|
| unknown group, or nothing below /apis/GROUP | 404 page not found (plain text) |
| known group and version, unknown resource or subresource | 404 Status |
| known resource, verb it has not | 405 Status |
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.negotiation import PLAIN, negotiate, not_acceptable
from apiserver.endpoints.request import Request
from apiserver.endpoints.request_info import RequestInfo
from apiserver.endpoints.responses import PAGE_NOT_FOUND, Response, method_not_allowed, unknown_resource

Handler = Callable[[Endpoint, Request], Awaitable[Response | None]]
Key = tuple[str, str, str, str]
_OF_COLLECTION = frozenset({"list", "create", "deletecollection"})
_OF_OBJECT = frozenset({"get", "update", "patch", "delete"})
_CONNECT = frozenset({"log", "exec", "attach", "portforward", "proxy"})


class Router:
    """Built once by the app; every lookup is one dictionary access."""

    def __init__(self) -> None:
        self._routes: dict[Key, tuple[Endpoint, dict[str, Handler]]] = {}
        self._groups: dict[str, set[str]] = {}

    def add(self, endpoint: Endpoint, subresource: str, handlers: dict[str, Handler]) -> None:
        resource = endpoint.resource
        self._routes[resource.group, resource.version, resource.plural, subresource] = (endpoint, handlers)
        self._groups.setdefault(resource.group, set()).add(resource.version)

    def serves(self, info: RequestInfo) -> bool:
        """Whether there is such a resource, or subresource of it."""
        return (info.group, info.version, info.resource, info.subresource) in self._routes

    async def serve(self, request: Request) -> Response | None:
        """The handler's response; None when it has sent one itself. Raises StatusError."""
        info = request.info
        route = self._routes.get((info.group, info.version, info.resource, info.subresource))
        if route is None or not _fits(info, route[0]):
            return self._unknown(info)
        endpoint, handlers = route
        if deprecation := endpoint.store.strategy.deprecation:
            request.warnings.append(deprecation)
        if info.trailing_slash and info.subresource not in _CONNECT:
            raise unknown_resource()
        handler = handlers.get(info.verb)
        if handler is None or request.method == "HEAD" or not _has_place(info, endpoint):
            raise method_not_allowed()
        if info.subresource not in _CONNECT:
            output = negotiate(request.header(b"accept")) if b"accept" in request.headers else PLAIN
            if output is None:
                raise not_acceptable(request.method == "GET" and not info.name)
            request.output = output
        return await handler(endpoint, request)

    def _unknown(self, info: RequestInfo) -> Response:
        versions = self._groups.get(info.group)
        if versions is None or (info.prefix == "api") != (info.group == ""):
            return PAGE_NOT_FOUND
        raise unknown_resource()


def _has_place(info: RequestInfo, endpoint: Endpoint) -> bool:
    """Whether a verb stands where it belongs: on a collection, or on an object; across namespaces one only reads."""
    if info.subresource:
        return True
    if endpoint.resource.namespaced and not info.namespace:
        return info.verb in ("list", "watch")
    return info.verb not in (_OF_COLLECTION if info.name else _OF_OBJECT)


def _fits(info: RequestInfo, endpoint: Endpoint) -> bool:
    """The path has a namespace where the resource needs one, and nothing is left over at its end."""
    if info.rest and info.subresource != "proxy":
        return False
    if not endpoint.resource.namespaced:
        return not info.namespace or info.resource == "namespaces"
    if info.namespace:
        return True
    return not info.name and "list" in endpoint.resource.verbs
