"""The FastAPI application: discovery, OpenAPI, version, health, metrics, the issuer's documents, and `/docs`.

Called by the filter chain for every path that names no resource. It calls what the app hands it. Its own routes answer
with Kubernetes' bodies; FastAPI's own error bodies never reach a client. API resources never come here: the filter
chain hands them to the router, which is a dictionary.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi import Request as HTTPRequest
from fastapi import Response as HTTPResponse
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException

from apiserver.endpoints import protobuf
from apiserver.endpoints.debug import Debugging, add_debugging
from apiserver.endpoints.discovery import AGGREGATED, Discovery, aggregated_form
from apiserver.endpoints.etags import matches
from apiserver.endpoints.health import Health
from apiserver.endpoints.negotiation import PROTOBUF, YAML, check_json, plain_media
from apiserver.endpoints.request_info import parse_query
from apiserver.endpoints.responses import (
    PAGE_NOT_FOUND,
    Response,
    indented,
    method_not_allowed,
    read_by_people,
    status_response,
    to_yaml,
)
from apiserver.endpoints.responses import unknown_resource as no_such_version
from apiserver.endpoints.version import VERSION
from kube import metrics
from kube.apimachinery.errors import StatusError

_FOLDED = {"docExpansion": "none", "filter": True, "defaultModelsExpandDepth": -1, "persistAuthorization": True}
"""How `/docs` begins: resources folded, with a box to find one."""

Document = Callable[[str, Mapping[str, str]], Response]
"""(Accept header, query) -> response."""


@dataclass
class Documents:
    """What the routes serve."""

    discovery: Discovery
    health: Health
    openapi_v3: dict[str, Document] = field(default_factory=dict)
    """Path -> document: `/openapi/v3` and one for each group and version."""
    openapi_v2: Document | None = None
    issuer: dict[str, Any] = field(default_factory=dict)
    """Path -> JSON: `/openid/v1/jwks` and `/.well-known/openid-configuration`."""
    debugging: Debugging | None = None
    reference: Callable[[], dict[str, Any]] | None = None
    """The whole REST API as one OpenAPI 3.0 document, for `/docs`."""


def build(documents: Documents) -> FastAPI:
    """The application."""
    app = FastAPI(title="kube-lite", docs_url=None, redoc_url=None, openapi_url=None)
    _add_errors(app)
    _add_discovery(app, documents.discovery)
    _add_health(app, documents.health)
    _add_openapi(app, documents)
    _add_small(app, documents)
    return app


def _reply(response: Response) -> HTTPResponse:
    headers = {k.decode(): v.decode() for k, v in response.headers}
    return HTTPResponse(response.body, response.status, headers, media_type=response.media_type)


def _refusal(error: StatusError) -> HTTPResponse:
    response = status_response(error)
    response.body += b"\n"
    return _reply(response)


def _tagged(response: Response, request: HTTPRequest) -> HTTPResponse:
    """304 without the document for a client that has it."""
    tag = dict(response.headers).get(b"etag", b"").decode()
    if tag and matches(tag, request.headers.get("if-none-match", "")):
        return HTTPResponse(b"", 304, {k.decode(): v.decode() for k, v in response.headers})
    return _reply(response)


def _add_errors(app: FastAPI) -> None:
    async def on_http_error(request: HTTPRequest, error: Exception) -> HTTPResponse:
        if getattr(error, "status_code", 500) == 405:
            return _refusal(method_not_allowed())
        if _known_group_without_version(app, request.url.path):
            return _refusal(no_such_version())
        return _reply(PAGE_NOT_FOUND)

    async def on_status(request: HTTPRequest, error: Exception) -> HTTPResponse:
        assert isinstance(error, StatusError)
        return _refusal(error)

    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(StatusError, on_status)


def _known_group_without_version(app: FastAPI, path: str) -> bool:
    """`/api/v2` and `/apis/apps/v9`: the group exists, so the answer is a Status."""
    parent = path.rstrip("/").rpartition("/")[0]
    return parent == "/api" or (parent.startswith("/apis/") and parent in app.state.documents)


def _add_discovery(app: FastAPI, discovery: Discovery) -> None:
    app.state.documents = discovery.documents

    async def serve(request: HTTPRequest) -> HTTPResponse:
        path = request.url.path.rstrip("/")
        if path in AGGREGATED and (form := aggregated_form(request.headers.get("accept", ""))):
            return _tagged(discovery.aggregated(path, form), request)
        return _negotiated(discovery.documents[path], request)

    for path in discovery.documents:
        _get(app, path, serve, "discovery")
        _get(app, path + "/", serve, "discovery", listed=False)


def _negotiated(body: bytes, request: HTTPRequest) -> HTTPResponse:
    media = plain_media(request.headers.get("accept", ""))
    if media == YAML:
        body = to_yaml(body)
    elif media == PROTOBUF:
        body = protobuf.from_json(body)
    elif read_by_people(request.query_params.get("pretty", ""), request.headers.get("user-agent", "").encode()):
        body = indented(body)
    return HTTPResponse(body, headers={"content-type": media, "vary": "Accept"})


def _get(
    app: FastAPI, path: str, serve: Any, tag: str, *, listed: bool = True, methods: tuple[str, ...] = ("GET",)
) -> None:
    app.add_api_route(path, serve, methods=list(methods), tags=[tag], include_in_schema=listed, response_model=None)


def _add_health(app: FastAPI, health: Health) -> None:
    async def serve(request: HTTPRequest) -> HTTPResponse:
        query = request.query_params
        return _reply(health.answer(request.url.path, query.getlist("exclude"), "verbose" in query))

    for name in ("healthz", "livez", "readyz"):
        any_method = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
        _get(app, f"/{name}", serve, "health", methods=any_method)
        _get(app, f"/{name}/{{check:path}}", serve, "health", listed=False, methods=any_method)


def _add_openapi(app: FastAPI, documents: Documents) -> None:
    async def serve_v3(request: HTTPRequest) -> HTTPResponse:
        document = documents.openapi_v3.get(request.url.path.rstrip("/"))
        if document is None:
            return _reply(PAGE_NOT_FOUND)
        query = parse_query(request.url.query.encode())
        return _tagged(document(request.headers.get("accept", ""), query), request)

    async def serve_v2(request: HTTPRequest) -> HTTPResponse:
        assert documents.openapi_v2 is not None
        query = parse_query(request.url.query.encode())
        return _tagged(documents.openapi_v2(request.headers.get("accept", ""), query), request)

    if documents.openapi_v3:
        _get(app, "/openapi/v3", serve_v3, "openapi")
        _get(app, "/openapi/v3/{path:path}", serve_v3, "openapi", listed=False)
    if documents.openapi_v2 is not None:
        _get(app, "/openapi/v2", serve_v2, "openapi")
        _get(app, "/swagger-2.0.0.pb-v1", serve_v2, "openapi", listed=False)


def _add_small(app: FastAPI, documents: Documents) -> None:
    async def version(request: HTTPRequest) -> HTTPResponse:
        check_json(request.headers.get("accept", ""))
        return HTTPResponse(json.dumps(VERSION, indent=2).encode(), media_type="application/json")

    async def show_metrics() -> HTTPResponse:
        return HTTPResponse(metrics.REGISTRY.render().encode(), headers={"content-type": metrics.CONTENT_TYPE})

    async def show_slis() -> HTTPResponse:
        return HTTPResponse(documents.health.slis().encode(), headers={"content-type": metrics.CONTENT_TYPE})

    async def issuer(request: HTTPRequest) -> HTTPResponse:
        path = request.url.path
        media = "application/jwk-set+json" if path.endswith("jwks") else "application/json"
        return HTTPResponse(json.dumps(documents.issuer[path]).encode(), media_type=media)

    async def paths() -> HTTPResponse:
        known = sorted({route.path for route in app.routes if getattr(route, "include_in_schema", False)})
        return HTTPResponse(json.dumps({"paths": known}, indent=2).encode(), media_type="application/json")

    _get(app, "/version", version, "version")
    _get(app, "/version/", version, "version", listed=False)
    _get(app, "/metrics", show_metrics, "metrics")
    _get(app, "/metrics/slis", show_slis, "metrics")
    _get(app, "/", paths, "discovery")
    for path in documents.issuer:
        _get(app, path, issuer, "openid")
    if documents.debugging is not None:
        add_debugging(app, documents.debugging)
    if documents.reference is not None:
        _add_reference(app, documents.reference)


def _add_reference(app: FastAPI, reference: Callable[[], dict[str, Any]]) -> None:
    """`/docs`: the REST API for people who use it by hand."""

    async def openapi() -> HTTPResponse:
        return HTTPResponse(json.dumps(reference()).encode(), media_type="application/json")

    async def docs() -> HTTPResponse:
        title = "kube-lite: the REST API"
        return get_swagger_ui_html(openapi_url="/openapi.json", title=title, swagger_ui_parameters=_FOLDED)

    _get(app, "/openapi.json", openapi, "openapi", listed=False)
    _get(app, "/docs", docs, "openapi", listed=False)
