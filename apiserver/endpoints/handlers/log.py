"""`pods/NAME/log`: what a container has written, from the kubelet.

Called by the router. It calls the kubelet and sends on what it says, as it comes.
Source: kubernetes pkg/registry/core/pod/rest/log.go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.handlers.connect import Relay
from apiserver.endpoints.handlers.pod_streams import choose_container, kubelet_of_pod
from apiserver.endpoints.options import parse_int
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from kube.api.core_v1 import Pod
from kube.apimachinery import errors
from kube.apimachinery.errors import BadRequest, FieldError, Path
from kube.apimachinery.meta_v1 import StatusDetails

_TEXT = (b"content-type", b"text/plain")
_PASSED = (
    "follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream",
    "insecureSkipTLSVerifyBackend",
)  # fmt: skip


async def log(endpoint: Endpoint, request: Request) -> Response | None:
    """200 with text. 204 for a pod that has no node yet, as the real server has it."""
    info, query = request.info, request.query
    pod: Pod = await endpoint.store.get_object(info.namespace, info.name)
    _validate(info.name, query)
    container = choose_container(pod, query.get("container", ""))
    if not pod.spec.nodeName:
        return Response(b"", 204, "text/plain")
    _check_started(pod, container, query)
    kubelet = await kubelet_of_pod(endpoint, pod)
    passed = urlencode([(key, query[key]) for key in _PASSED if key in query])
    path = f"/containerLogs/{info.namespace}/{info.name}/{container}?{passed}"
    task, streams = Relay(), endpoint.services["streams"]
    streams.enter(task)
    try:
        async with endpoint.services["kubelets"].get(kubelet, path) as chunks:
            await _send(request, chunks)
    finally:
        streams.leave(task)
    return None


async def _send(request: Request, chunks: AsyncIterator[bytes]) -> None:
    request.code = 200
    await request.send({"type": "http.response.start", "status": 200, "headers": [_TEXT]})
    sending = asyncio.create_task(_copy(request, chunks))
    leaving = asyncio.create_task(_until_gone(request))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)
    await request.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _copy(request: Request, chunks: AsyncIterator[bytes]) -> None:
    async for chunk in chunks:
        await request.send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _check_started(pod: Pod, container: str, query: dict[str, str]) -> None:
    if query.get("previous") in ("true", "1"):
        return
    for status in (*pod.status.containerStatuses, *pod.status.initContainerStatuses):
        if status.name == container and status.state.waiting is not None and not status.restartCount:
            why = status.state.waiting.reason or "Waiting"
            name = pod.metadata.name
            raise BadRequest(f'container "{container}" in pod "{name}" is waiting to start: {why}')


def _validate(name: str, query: dict[str, str]) -> None:
    """Raises Invalid, BadRequest."""
    found: list[FieldError] = []
    for field, least in (("tailLines", 0), ("sinceSeconds", 1), ("limitBytes", 1)):
        if query.get(field):
            value = parse_int(query[field])
            if value < least:
                text = "must be greater than or equal to 0" if not least else "must be greater than 0"
                found.append(errors.invalid_value(Path(field), value, text))
    if query.get("sinceSeconds") and query.get("sinceTime"):
        found.append(errors.forbidden(errors.UNNAMED, "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    if found:
        raise _invalid(name, found)


def _invalid(name: str, found: list[FieldError]) -> errors.Invalid:
    texts: Any = [str(e) for e in found]
    text = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    details = StatusDetails(name=name, kind="PodLogOptions", causes=[e.cause for e in found])
    return errors.Invalid(f'PodLogOptions "{name}" is invalid: {text}', details)
