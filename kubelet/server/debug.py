"""What `kubectl_lite why`, `trace` and `timeline` ask of a node: its proxy, a pod's sockets, a request from there.

Called by `kubelet.server.app`, so only for callers that the API server let through: those who may `get nodes/proxy`.
It calls the proxy on this node's loopback, /proc, and `kube.one_request` in the pod's network namespace.

    /debug/proxy/services/NAMESPACE/NAME      and /debug/proxy/flows: the proxy's own answer (`proxy.debug`)
    /debug/pods/NAMESPACE/NAME/listening      the sockets that listen in the pod; /debug/listening: on the node
    /debug/request?host=&port=&protocol=&path=&connectOnly=&namespace=&pod=   one request, from the pod or the node
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import kube
from kubelet.runtime.interface import PodRecord, Runtime
from kubelet.server import sockets

SECONDS = 15.0
ONE_REQUEST = Path(kube.__file__).with_name("one_request.py")


class ProxyAway(OSError):
    """The proxy of this node does not answer."""


async def ask_proxy(address: str, rest: str, query: Mapping[str, str]) -> bytes:
    """The body of the proxy's answer. Raises ProxyAway, ValueError with what the proxy says is wrong."""
    host, _, port = address.rpartition(":")
    target = f"/debug/{rest}" + (f"?{urlencode(query)}" if query else "")
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(f"GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
                answer = await reader.read(-1)
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        why = os.strerror(error.errno).lower() if error.errno else "timed out"
        raise ProxyAway(f"the proxy does not answer on {address}: {why}") from error
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ValueError(body.decode("utf-8", "replace").strip() or "the proxy closed the connection")
    return body


def listening(record: PodRecord | None) -> bytes:
    """The listening sockets of a pod, or of the node, as JSON. Raises OSError."""
    if record is not None and not record.running:
        raise ProcessLookupError(f"no container of pod {record.name} is running")
    found = sockets.read(record.running[0].pid if record else "self")
    return json.dumps({"listening": [one._asdict() for one in found]}).encode()


async def one_request(runtime: Runtime, record: PodRecord | None, query: Mapping[str, str]) -> bytes:
    """Sends it and tells how it went, as JSON. Raises OSError."""
    asked: dict[str, Any] = {**query, "port": int(query.get("port") or 0)}
    where: list[str] = []
    if record is not None:
        netns, asked["resolvConf"] = runtime.network_of(record.uid)
        where = ["nsenter", f"--net={netns}", "--"] if netns else []
    process = await asyncio.create_subprocess_exec(
        *where, sys.executable, "-S", "-E", str(ONE_REQUEST),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate(json.dumps(asked).encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise OSError((err.decode(errors="replace").strip() or "it failed").splitlines()[-1])
    return out
