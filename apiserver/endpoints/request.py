"""One request on its way through the server: what the filters found out, and the body.

Made by the filter chain, read by every handler. It calls the ASGI `receive`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiserver.authn.user import User
from apiserver.endpoints.negotiation import PLAIN, Output
from apiserver.endpoints.request_info import RequestInfo
from apiserver.endpoints.responses import Header, Send, read_by_people
from kube.apimachinery.errors import RequestEntityTooLarge

MAX_BODY = 3 * 1024 * 1024
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Disconnected(Exception):
    """The client went away before its request was whole."""


@dataclass(slots=True)
class Request:
    """`headers` holds the last value of each (lower-case) name; `raw_headers` has them all."""

    method: str
    info: RequestInfo
    raw_query: bytes
    headers: Mapping[bytes, bytes]
    raw_headers: list[Header]
    receive: Receive
    send: Send
    scope: Mapping[str, Any]
    user: User
    served: bool = False
    """Whether there is a resource at this path; of others no metric may keep what they are called."""
    output: Output = PLAIN
    code: int = 0
    """The status that was sent, once it was."""
    warnings: list[str] = field(default_factory=list)

    @property
    def query(self) -> dict[str, str]:
        return self.info.query

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def content_type(self) -> str:
        return self.header(b"content-type")

    @property
    def pretty(self) -> bool:
        return read_by_people(self.info.query.get("pretty", ""), self.headers.get(b"user-agent", b""))

    @property
    def manager(self) -> str:
        """The field manager for a request that names none: the User-Agent up to the first slash."""
        agent = self.header(b"user-agent").partition("/")[0]
        return agent[:128] if agent.isprintable() and agent else "unknown"

    async def body(self) -> bytes:
        """The whole body. Raises RequestEntityTooLarge, Disconnected."""
        announced = self.headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > MAX_BODY:
            raise too_large()
        message = await self.receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            return message.get("body", b"")
        return await self._long_body(message)

    async def _long_body(self, message: dict[str, Any]) -> bytes:
        parts, size = [], 0
        while True:
            if message["type"] != "http.request":
                raise Disconnected()
            part = message.get("body", b"")
            parts.append(part)
            size += len(part)
            if size > MAX_BODY:
                raise too_large()
            if not message.get("more_body"):
                return b"".join(parts)
            message = await self.receive()


def too_large() -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"Request entity too large: limit is {MAX_BODY}")
