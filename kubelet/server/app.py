"""The kubelet's API as an ASGI application: paths to handlers.

Called by `kubelet.server.server`, behind TLS and a check of who calls. It calls `logs`, `streams`, `attaching`,
`portforward` and `debug`.

    GET  /healthz, /pods, /runningpods/
    GET  /containerLogs/NAMESPACE/POD/CONTAINER?follow&tailLines&...
    GET  /debug/...   see `kubelet.server.debug`
    WS   /exec/NAMESPACE/POD/CONTAINER?command=...&input=1&output=1&error=1&tty=1
    WS   /attach/NAMESPACE/POD/CONTAINER?input=1&output=1&error=1
    WS   /portForward/NAMESPACE/POD?ports=80
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from kube.api.core_v1 import Pod
from kube.informer import Informer
from kubelet.runtime.interface import PodRecord, Runtime, RuntimeFailure
from kubelet.server import attaching, debug, portforward, streams
from kubelet.server.logs import LogOptions, read_log

log = logging.getLogger(__name__)
_OUTPUTS = {streams.STDOUT: ("output", "stdout"), streams.STDERR: ("error", "stderr")}


class BadRequest(Exception):
    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


class KubeletApp:
    """The application; its state is the runtime's."""

    def __init__(self, pods: Informer[Pod], runtime: Runtime, proxy_address: str = ""):
        self.pods, self.runtime, self.proxy_address = pods, runtime, proxy_address

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        parts = [part for part in scope["path"].split("/") if part]
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        try:
            if scope["type"] == "websocket":
                await self._websocket(parts, query, scope, receive, send)
            else:
                await self._http(parts, query, receive, send)
        except (BadRequest, RuntimeFailure, OSError) as error:
            await _refuse(scope, send, error)

    # ---- plain requests ----

    async def _http(self, parts: list[str], query: dict[str, list[str]], receive: Any, send: Any) -> None:
        match parts:
            case ["healthz"]:
                await _answer(send, 200, b"ok")
            case ["pods"] | ["runningpods"]:
                items = [pod.to_dict() for pod in self.pods.list()]
                body = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}).encode()
                await _answer(send, 200, body, b"application/json")
            case ["containerLogs", namespace, name, container]:
                await self._logs(self._record(namespace, name), container, query, receive, send)
            case ["debug", *rest]:
                await _answer(send, 200, await self._debug(rest, query), b"application/json")
            case _:
                raise BadRequest(404, "404 page not found")

    async def _debug(self, rest: list[str], query: dict[str, list[str]]) -> bytes:
        asked = {key: values[-1] for key, values in query.items()}
        try:
            match rest:
                case ["proxy", *words]:
                    return await debug.ask_proxy(self.proxy_address, "/".join(words), asked)
                case ["listening"]:
                    return debug.listening(None)
                case ["pods", namespace, name, "listening"]:
                    return debug.listening(self._record(namespace, name))
                case ["request"]:
                    pod = asked.pop("pod", "")
                    record = self._record(asked.pop("namespace", ""), pod) if pod else None
                    return await debug.one_request(self.runtime, record, asked)
        except debug.ProxyAway as error:
            raise BadRequest(503, str(error)) from error
        except ValueError as error:
            raise BadRequest(400, str(error)) from error
        raise BadRequest(404, "404 page not found")

    def _record(self, namespace: str, name: str) -> PodRecord:
        pod = self.pods.get(namespace, name)
        record = self.runtime.pod(pod.metadata.uid) if pod else None
        if record is None:
            raise BadRequest(404, f'pod "{name}" not found')
        return record

    async def _logs(
        self, record: PodRecord, container: str, query: dict[str, list[str]], receive: Any, send: Any
    ) -> None:
        known = (record.previous if _flag(query, "previous") else record.containers).get(container)
        if known is None:
            which = "previous terminated " if _flag(query, "previous") else ""
            raise BadRequest(400, f'{which}container "{container}" in pod "{record.name}" not found')

        def ended() -> bool:
            now = self.runtime.pod(record.uid)
            return now is None or now.containers.get(container, known).attempt != known.attempt or (
                now.containers[container].state == "exited" if container in now.containers else True
            )  # fmt: skip

        path = self.runtime.log_file(record.uid, container, known.attempt)
        gone = asyncio.create_task(_until_disconnect(receive))
        await _start(send, 200)
        pieces = read_log(path, log_options(query), ended)
        sender = asyncio.create_task(_send_pieces(send, pieces))
        await asyncio.wait({gone, sender}, return_when=asyncio.FIRST_COMPLETED)
        for task in (gone, sender):
            task.cancel()
        await asyncio.gather(gone, sender, return_exceptions=True)

    # ---- websockets ----

    async def _websocket(
        self, parts: list[str], query: dict[str, list[str]], scope: dict[str, Any], receive: Any, send: Any
    ) -> None:
        await receive()  # websocket.connect
        match parts:
            case ["exec", namespace, name, container]:
                record = self._record(namespace, name)
                if not query.get("command"):
                    raise BadRequest(400, "you must specify at least 1 command for the container")
                argv, env = self.runtime.exec_argv(record.uid, container, query.get("command", []))
                terminal = self.runtime.open_terminal(record.uid, container) if _flag(query, "tty") else None
                socket = await _accept(scope, receive, send, streams.PROTOCOLS)
                await streams.run_exec(socket, argv, env, stdin=_flag(query, "input", "stdin"), terminal=terminal)
            case ["attach", namespace, name, container]:
                record = self._record(namespace, name)
                if container not in [running.name for running in record.running]:
                    raise BadRequest(500, f"container {container} not found in pod {name}_{namespace}")
                attachment = self.runtime.attach(record.uid, container)
                try:
                    socket = await _accept(scope, receive, send, streams.PROTOCOLS)
                except BaseException:
                    attachment.close()
                    raise
                outputs = {channel for channel, words in _OUTPUTS.items() if _flag(query, *words)}
                stdin = _flag(query, "input", "stdin")
                await attaching.run_attach(socket, attachment, stdin=stdin, outputs=outputs)
            case ["portForward", namespace, name]:
                record = self._record(namespace, name)
                ports = [int(word) for text in query.get("ports", query.get("port", [])) for word in text.split(",")]
                socket = await _accept(scope, receive, send, portforward.PROTOCOLS)
                await portforward.run_port_forward(socket, self.runtime, record.uid, ports)
            case _:
                raise BadRequest(404, "404 page not found")
        with suppress(Exception):  # the client may have gone first
            await socket.close()


def log_options(query: dict[str, list[str]]) -> LogOptions:
    """Raises BadRequest for what is no number."""

    def number(name: str) -> int | None:
        text = query.get(name, [""])[0]
        if text and not text.isdigit():
            raise BadRequest(400, f"{name}: {text!r} is not a number")
        return int(text) if text else None

    since = query.get("sinceTime", [""])[0]
    if (seconds := number("sinceSeconds")) is not None:
        since = (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return LogOptions(
        follow=_flag(query, "follow"), timestamps=_flag(query, "timestamps"), tail_lines=number("tailLines"),
        limit_bytes=number("limitBytes"), since=since, stream=query.get("stream", ["All"])[0],
    )  # fmt: skip


def _flag(query: dict[str, list[str]], *names: str) -> bool:
    return any(query.get(name, ["false"])[0].lower() in ("true", "1", "") for name in names if name in query)


async def _accept(scope: dict[str, Any], receive: Any, send: Any, known: Sequence[str]) -> streams.WebSocket:
    offered = scope.get("subprotocols", [])
    chosen = next((name for name in known if name in offered), None)
    await send({"type": "websocket.accept", "subprotocol": chosen})
    return streams.WebSocket(receive, send)


async def _send_pieces(send: Any, pieces: Any) -> None:
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _until_disconnect(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Any, code: int, kind: bytes = b"text/plain; charset=utf-8") -> None:
    await send({"type": "http.response.start", "status": code, "headers": [(b"content-type", kind)]})


async def _answer(send: Any, code: int, body: bytes, kind: bytes = b"text/plain; charset=utf-8") -> None:
    await _start(send, code, kind)
    await send({"type": "http.response.body", "body": body})


async def _refuse(scope: dict[str, Any], send: Any, error: Exception) -> None:
    code = error.code if isinstance(error, BadRequest) else 500
    if scope["type"] == "http":
        await _answer(send, code, f"{error}\n".encode())
        return
    body = f"{error}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": code, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
