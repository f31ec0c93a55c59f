"""What `kubectl_lite timeline` asks of the control plane; nobody but administrators may (`nonResourceURLs: /debug/*`).

Called by the FastAPI application. It calls the watch cache's memory of arrivals, and relays to the controllers, which
listen on loopback.

    /debug/revisions?of=12,34             when these revisions were stored, as this server learned it
    /debug/controllers/services/NS/NAME   the endpointslice controller's last rounds of work on a Service
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import httptools
from fastapi import FastAPI
from fastapi import Request as HTTPRequest
from fastapi import Response as HTTPResponse

from apiserver.endpoints.streaming.http_relay import Target, relay
from kube.apimachinery.errors import BadRequest, ServiceUnavailable


@dataclass(frozen=True)
class Debugging:
    """`when`: a revision -> seconds since 1970 or None. `controllers`: where they serve health and debugging."""

    when: Callable[[int], float | None]
    controllers: str


def add_debugging(app: FastAPI, debugging: Debugging) -> None:
    async def revisions(request: HTTPRequest) -> HTTPResponse:
        asked = [word for word in request.query_params.get("of", "").split(",") if word]
        if not all(word.isdigit() for word in asked):
            raise BadRequest("of: revisions separated by commas")
        body = {word: at for word in asked if (at := debugging.when(int(word))) is not None}
        return HTTPResponse(json.dumps(body), media_type="application/json")

    async def controllers(request: HTTPRequest) -> HTTPResponse:
        return await _relayed(debugging.controllers, "/debug/" + request.path_params["rest"])

    for path, serve in (("/debug/revisions", revisions), ("/debug/controllers/{rest:path}", controllers)):
        app.add_api_route(path, serve, methods=["GET"], include_in_schema=False, response_model=None)


async def _relayed(address: str, path: str) -> HTTPResponse:
    host, _, port = address.rpartition(":")
    try:
        async with relay("GET", Target("http", host.strip("[]"), int(port), path), [], b"") as answer:
            body = b"".join([chunk async for chunk in answer.body])
            return HTTPResponse(body, answer.status, media_type="application/json")
    except (OSError, TimeoutError, httptools.HttpParserError) as error:
        raise ServiceUnavailable(f"the controllers do not answer on {address}: {error}") from error
