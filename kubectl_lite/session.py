"""One run of kubectl_lite: the cluster it talks to, the namespace it works in, what it prints on.

Made by `kubectl_lite.cli` from the global flags and given to every command. It calls `kubectl_lite.connection` and
`kube.client` (only when a command really asks the server, so that `version --client` starts at once) and
`kubectl_lite.mapper`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from kubectl_lite.errors import CommandError
from kubectl_lite.global_flags import GlobalFlags
from kubectl_lite.mapper import Mapper, discover

if TYPE_CHECKING:
    from kube.client.config import ClientConfig
    from kube.client.transport import Transport

PATCH_TYPES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Session:
    """Asks the server on behalf of a command. Use it as an asynchronous context manager."""

    def __init__(self, flags: GlobalFlags):
        self.flags = flags
        self._transport: Transport | None = None
        self._mapper: Mapper | None = None
        self._config: ClientConfig | None = None
        self._warned = False

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport:
            await self._transport.close()

    # ---- where ----

    @property
    def config(self) -> ClientConfig:
        """The kubeconfig with the flags laid over it. Raises CommandError when there is none to use."""
        if self._config is None:
            from kubectl_lite.connection import connection

            self._config = connection(self.flags)
        return self._config

    @property
    def must_fail(self) -> bool:
        """Whether a warning shall make the exit code 1."""
        return self._warned and self.flags.warnings_as_errors

    @property
    def namespace(self) -> str:
        """`-n`, or what the kubeconfig's context says, or `default`."""
        return self.flags.namespace or self.config.namespace or "default"

    @property
    def transport(self) -> Transport:
        if self._transport is None:
            from kubectl_lite.connection import connected

            self._transport = connected(self.config, self.flags.verbosity)
        return self._transport

    async def mapper(self) -> Mapper:
        """The server's resources, asked for once."""
        if self._mapper is None:
            if self._config is None:
                from kubectl_lite.connection import connection

                self._config = connection(self.flags, named_objects=True)
            self._mapper = await discover(lambda path, accept: self.get(path, accept=accept))
        return self._mapper

    # ---- requests: all return parsed JSON and print the server's warnings ----

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Any:
        """Sends a request; `body` is JSON, or bytes as they are.

        Raises StatusError, or CommandError when the server cannot be reached."""
        import asyncio

        from kube.client.transport import REQUEST_TIMEOUT, Unreachable
        from kubectl_lite.connection import unreachable

        try:
            async with asyncio.timeout(self.timeout or None):
                answer = await self.transport.request(
                    method,
                    path,
                    params={k: v for k, v in (params or {}).items() if v not in ("", None, False)},
                    body=_encoded(body),
                    content_type=content_type,
                    headers={"Accept": accept},
                    timeout=self.timeout or REQUEST_TIMEOUT,
                )
        except TimeoutError as why:
            raise CommandError("Unable to connect to the server: context deadline exceeded", prefix=False) from why
        except Unreachable as why:
            raise unreachable(why, self.config.server) from why
        self._warned = print_warnings(answer.headers) or self._warned
        return json.loads(answer.body) if answer.body else {}

    async def get(self, path: str, *, params: Mapping[str, Any] | None = None, accept: str = "application/json") -> Any:
        return await self.request("GET", path, params=params, accept=accept)

    async def post(self, path: str, body: Any, **params: Any) -> Any:
        return await self.request("POST", path, params=params, body=body)

    async def put(self, path: str, body: Any, **params: Any) -> Any:
        return await self.request("PUT", path, params=params, body=body)

    async def patch(self, path: str, body: Any, patch_type: str, **params: Any) -> Any:
        return await self.request("PATCH", path, params=params, body=body, content_type=PATCH_TYPES[patch_type])

    async def delete(self, path: str, options: Any = None) -> Any:
        return await self.request("DELETE", path, body=options)

    @asynccontextmanager
    async def watch(
        self, path: str, *, params: Mapping[str, Any], accept: str = "application/json"
    ) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """The events of a watch, as parsed JSON, until the server, the caller or `--request-timeout` ends it."""
        import asyncio

        from kube.client.transport import Unreachable
        from kube.client.watch import lines
        from kubectl_lite.connection import unreachable

        query = {k: v for k, v in params.items() if v not in ("", None, False)} | {"watch": "true"}
        limit = asyncio.timeout(self.timeout or None)
        try:
            async with limit, self.stream(path, params=query, accept=accept) as chunks:

                async def events() -> AsyncIterator[dict[str, Any]]:
                    async for line in lines(chunks):
                        yield json.loads(line)

                yield events()
        except Unreachable as why:
            raise unreachable(why, self.config.server) from why
        except TimeoutError:
            if not limit.expired():  # somebody else's
                raise

    @asynccontextmanager
    async def stream(
        self, path: str, *, params: Mapping[str, Any], accept: str = "*/*"
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body of a GET as it comes. Raises StatusError, or CommandError when the server cannot be reached."""
        from kube.client.transport import Unreachable
        from kubectl_lite.connection import unreachable

        headers = {"Accept": accept}
        try:
            async with self.transport.stream("GET", path, params=params, headers=headers) as stream:
                yield stream.chunks()
        except Unreachable as why:
            raise unreachable(why, self.config.server) from why

    # ---- what goes with each request ----

    @property
    def timeout(self) -> float:
        """`--request-timeout` in seconds; 0 for none."""
        from kubectl_lite.connection import timeout_of

        return timeout_of(self.flags)

    def identity(self) -> list[tuple[str, str]]:
        """The headers that say who we are, for connections that are no requests of `kube.client` (websockets)."""
        return self.config.identity()


def _encoded(body: Any) -> bytes | None:
    """As kubectl sends what it has read: compact, the keys in order, in which the server complains of them."""
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body, separators=(",", ":"), sort_keys=True).encode()


def print_warnings(headers: Mapping[str, str]) -> bool:
    """Shows the server's warnings; returns whether there were any."""
    from kubectl_lite.colour import YELLOW, paint

    values = _all(headers, "warning")
    for value in values:
        parts = value.split(" ", 2)
        text = parts[2] if len(parts) == 3 else value
        text = re.sub(r'^"|"$', "", text.strip())
        text = re.sub(r"\\(.)", r"\1", text)
        print(f"{paint('Warning:', YELLOW, sys.stderr)} {text}", file=sys.stderr)
    return bool(values)


def _all(headers: Any, name: str) -> list[str]:
    """All values of a repeatable header."""
    return headers.get_list(name) if hasattr(headers, "get_list") else [headers[name]] if name in headers else []
