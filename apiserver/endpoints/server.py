"""The filter chain: every request passes through here, as an ASGI application.

Called by uvicorn. It calls authentication, authorization, flow control and then the router for API resources, or the
FastAPI application for everything else. It leaves out what a handler does, and says in one place what goes wrong.

    request info -> metrics -> authentication -> impersonation -> flow control -> authorization -> handler -> errors

Source: k8s.io/apiserver/pkg/server/config.go, DefaultBuildHandlerChain.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import getrandbits
from time import perf_counter
from typing import Any
from uuid import UUID

from apiserver.authn.request import Authenticator, impersonation
from apiserver.authn.user import User, split_service_account
from apiserver.authz.attributes import Attributes, Decision, forbidden_text
from apiserver.authz.node import with_selected_name
from apiserver.endpoints import metrics
from apiserver.endpoints.flow_control import FlowControl
from apiserver.endpoints.negotiation import error_media
from apiserver.endpoints.request import Disconnected, Request
from apiserver.endpoints.request_info import parse_query, request_info
from apiserver.endpoints.responses import (
    NO_CACHE,
    NO_SNIFFING,
    Response,
    send_response,
    status_response,
    warning_headers,
)
from apiserver.endpoints.router import Router
from kube.apimachinery.errors import (
    Forbidden,
    InternalError,
    ServiceUnavailable,
    StatusError,
    Timeout,
)
from kube.apimachinery.meta_v1 import StatusDetails

log = logging.getLogger("apiserver")

ASGIApp = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
Authorize = Callable[[Attributes], Decision]
_IMPERSONATE = frozenset({b"impersonate-user", b"impersonate-group", b"impersonate-uid"})
_TOO_LONG = "Timeout: request did not complete within the allotted timeout"
_STOPPING = "apiserver is shutting down"
_LONG_RUNNING = frozenset({"log", "exec", "attach", "portforward", "proxy"})


class NotAuthorized(Forbidden):
    """What the authorizer refused, rather than a rule about the object."""


class Server:
    """The ASGI application in front of everything."""

    def __init__(
        self,
        router: Router,
        other: ASGIApp,
        authenticator: Authenticator,
        authorize: Authorize,
        flow: FlowControl,
        audit: Callable[[Request, float], None] | None = None,
        seconds: float = 60,
    ):
        """`seconds` is how long a request may take that is no stream."""
        self._router, self._other = router, other
        self._authenticator, self._authorize = authenticator, authorize
        self._flow, self._audit, self._seconds = flow, audit, seconds

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._other(scope, receive, send)
            return
        if scope["type"] == "websocket":
            send = _websocket_refusal(send)
        request = _read(scope, receive, send)
        request.served = self._router.serves(request.info)
        started = perf_counter()
        release = None
        try:
            await self._identify(request)
            release = self._flow.enter(request.info)
            self._check_authorized(request)
            if request.info.verb == "watch" or request.info.subresource in _LONG_RUNNING:
                await self._serve_long(request)
            else:
                async with asyncio.timeout(self._seconds):
                    await self._serve(request)
        except StatusError as error:
            await self._refuse(request, error)
        except TimeoutError:
            await self._refuse(request, Timeout(_TOO_LONG, StatusDetails(), retry_after=1))
        except asyncio.CancelledError:  # the server stops, and has waited for this request as long as it could
            await self._refuse(request, ServiceUnavailable(_STOPPING, StatusDetails(), retry_after=1))
            raise
        except Disconnected:
            request.code = request.code or 499
        except Exception as error:
            log.exception("%s %s failed", request.method, request.info.path)
            await self._refuse(request, InternalError(f"Internal error occurred: {type(error).__name__}"))
        finally:
            if release is not None:
                release()
            metrics.observe(request, perf_counter() - started)
            if self._audit is not None:
                self._audit(request, perf_counter() - started)

    # ---- who ----

    async def _identify(self, request: Request) -> None:
        certificate_user = request.scope.get("state", {}).get("certificate_user")
        user = await self._authenticator.authenticate(request.headers, certificate_user)
        request.user = user
        if not _IMPERSONATE.isdisjoint(request.headers):
            self._impersonate(request, user)

    def _impersonate(self, request: Request, user: User) -> None:
        wanted = impersonation(request.raw_headers)
        if wanted is None:
            return
        for asked in _impersonation_attributes(user, wanted.user, wanted.requested_groups):
            self._require(asked)
        request.user = wanted.user

    # ---- may they ----

    def _check_authorized(self, request: Request) -> None:
        info, user = request.info, request.user
        if info.is_resource:
            asked = Attributes(
                user, info.verb or request.method.lower(), info.group, info.version, info.resource,
                info.subresource, info.namespace, info.name, field_selector=info.query.get("fieldSelector", ""),
            )  # fmt: skip
            self._require(with_selected_name(asked) if asked.field_selector else asked)
        else:
            self._require(Attributes(user, info.verb, path=info.path))

    def _require(self, asked: Attributes) -> None:
        decision = self._authorize(asked)
        if not decision.allowed:
            raise forbidden(asked, decision.reason)

    # ---- what ----

    async def _serve(self, request: Request) -> None:
        if not request.info.is_resource:
            await self._other(request.scope, request.receive, _noting_status(request))  # type: ignore[arg-type]
            return
        response = await self._router.serve(request)
        if response is not None:
            if request.warnings:
                response.headers = [*response.headers, *warning_headers(request.warnings)]
            await _send(request, response, request.output.media_type)

    async def _serve_long(self, request: Request) -> None:
        ended = metrics.begin_long(request)
        try:
            await self._serve(request)
        finally:
            ended()

    async def _refuse(self, request: Request, error: StatusError) -> None:
        if request.scope["type"] == "websocket" and not request.code:
            await request.receive()  # websocket.connect comes before any answer
        if request.code:  # the response has begun: all that is left is to break it off
            log.warning("%s %s broke off: %s", request.method, request.info.path, error)
            return
        response = status_response(error)
        response.headers += warning_headers(request.warnings)
        if isinstance(error, NotAuthorized):
            response.headers.append(NO_SNIFFING)
        await _send(request, response, error_media(request.header(b"accept")))


async def _send(request: Request, response: Response, media_type: str) -> None:
    request.code = response.status
    encodings = request.headers.get(b"accept-encoding", b"")
    await send_response(request.send, response, media_type, pretty=request.pretty, encodings=encodings)


def _read(scope: dict[str, Any], receive: Any, send: Any) -> Request:
    query = scope["query_string"]
    raw_headers = scope["headers"]
    method = scope.get("method", "GET")
    info = request_info(method, scope["path"], parse_query(query))
    headers = dict(raw_headers)
    scope["kube.headers"] = ((b"audit-id", headers.get(b"audit-id") or _new_audit_id()),)
    return Request(method, info, query, headers, raw_headers, receive, send, scope, _NOBODY)


def _new_audit_id() -> bytes:
    return str(UUID(int=getrandbits(128), version=4)).encode()


_NOBODY = User("")


def _noting_status(request: Request) -> Any:
    send = request.send

    async def noting(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            request.code = message["status"]
            if not any(name == b"cache-control" for name, _ in message["headers"]):
                message["headers"] = [*message["headers"], NO_CACHE]
        await send(message)

    return noting


def _websocket_refusal(send: Any) -> Any:
    """A plain response on a websocket that was not accepted."""

    async def wrapped(message: dict[str, Any]) -> None:
        if message["type"].startswith("http.response."):
            message = {**message, "type": "websocket." + message["type"]}
        await send(message)

    return wrapped


def forbidden(asked: Attributes, reason: str = "") -> NotAuthorized:
    """403 in the words of `responsewriters.Forbidden`."""
    text = forbidden_text(asked) + (f": {reason}" if reason else "")
    if not asked.is_resource:
        return NotAuthorized(f"forbidden: {text}", StatusDetails())
    resource = f"{asked.resource}.{asked.group}" if asked.group else asked.resource
    what = f'{resource} "{asked.name}"' if asked.name else resource
    details = StatusDetails(name=asked.name, group=asked.group, kind=asked.resource)
    return NotAuthorized(f"{what} is forbidden: {text}", details)


def _impersonation_attributes(user: User, wanted: User, groups: tuple[str, ...]) -> list[Attributes]:
    """What the user must be allowed to do in order to act as somebody else."""
    account = split_service_account(wanted.name)
    if account:
        found = [Attributes(user, "impersonate", resource="serviceaccounts", namespace=account[0], name=account[1])]
    else:
        found = [Attributes(user, "impersonate", resource="users", name=wanted.name)]
    found += [Attributes(user, "impersonate", resource="groups", name=group) for group in groups]
    group = "authentication.k8s.io"
    if wanted.uid:
        found.append(Attributes(user, "impersonate", group, resource="uids", name=wanted.uid))
    for key, values in wanted.extra.items():
        found += [
            Attributes(user, "impersonate", group, resource="userextras", subresource=key, name=value)
            for value in values
        ]
    return found
