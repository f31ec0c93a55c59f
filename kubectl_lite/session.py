"""One run of kubectl_lite: the cluster it talks to, the namespace it works in, what it prints on.

Made by `kubectl_lite.cli` from the global flags and given to every command. It calls `kube.client` (only when a
command really asks the server, so that `version --client` starts at once) and `kubectl_lite.mapper`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kubectl_lite.errors import CommandError
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


@dataclass(frozen=True)
class GlobalFlags:
    """The flags that every command takes, as kubectl's."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    server: str = ""
    token: str = ""
    certificate_authority: str = ""
    insecure_skip_tls_verify: bool = False
    as_user: str = ""
    as_group: tuple[str, ...] = ()
    request_timeout: str = "0"


class Session:
    """Asks the server on behalf of a command. Use it as an asynchronous context manager."""

    def __init__(self, flags: GlobalFlags):
        self.flags = flags
        self._transport: Transport | None = None
        self._mapper: Mapper | None = None
        self._config: ClientConfig | None = None

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
            self._config = self._load()
        return self._config

    def _load(self) -> ClientConfig:
        from kube.client.config import ClientConfig, ConfigError, load

        f = self.flags
        try:
            config = load(f.kubeconfig or None, f.context or None)
        except ConfigError as why:
            if not f.server:
                raise CommandError(str(why)) from why
            config = ClientConfig(server=f.server)
        changes: dict[str, Any] = {}
        if f.server:
            changes["server"] = f.server
        if f.token:
            changes |= {"token": f.token, "token_file": "", "cert_data": None, "key_data": None}
        if f.certificate_authority:
            with open(f.certificate_authority, "rb") as file:
                changes["ca_data"] = file.read()
        if f.insecure_skip_tls_verify:
            changes |= {"insecure": True, "ca_data": None}
        if f.as_user:
            changes |= {"impersonate": f.as_user, "impersonate_groups": f.as_group}
        return replace(config, **changes)

    @property
    def namespace(self) -> str:
        """`-n`, or what the kubeconfig's context says, or `default`."""
        return self.flags.namespace or self.config.namespace or "default"

    @property
    def transport(self) -> Transport:
        if self._transport is None:
            from kube.client.transport import Transport

            self._transport = Transport(self.config, user_agent="kubectl_lite")
        return self._transport

    async def mapper(self) -> Mapper:
        """The server's resources, asked for once."""
        if self._mapper is None:
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
        """Sends a request; `body` is JSON. Raises StatusError, or CommandError when the server cannot be reached."""
        from kube.client.transport import Unreachable

        try:
            answer = await self.transport.request(
                method,
                path,
                params={k: v for k, v in (params or {}).items() if v not in ("", None, False)},
                body=None if body is None else json.dumps(body, separators=(",", ":")).encode(),
                content_type=content_type,
                headers={"Accept": accept},
            )
        except Unreachable as why:
            raise self._unreachable(why) from why
        _print_warnings(answer.headers)
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
        """The events of a watch, as parsed JSON, until the server or the caller ends it."""
        from kube.client.transport import Unreachable
        from kube.client.watch import lines

        query = {k: v for k, v in params.items() if v not in ("", None, False)} | {"watch": "true"}
        try:
            async with self.transport.stream("GET", path, params=query, headers={"Accept": accept}) as stream:

                async def events() -> AsyncIterator[dict[str, Any]]:
                    async for line in lines(stream.chunks()):
                        yield json.loads(line)

                yield events()
        except Unreachable as why:
            raise self._unreachable(why) from why

    def _unreachable(self, why: Exception) -> CommandError:
        host = self.config.server.split("//")[-1]
        if "refused" in str(why) or "connection attempts failed" in str(why):
            return CommandError(
                f"The connection to the server {host} was refused - did you specify the right host or port?",
                prefix=False,
            )
        return CommandError(f"Unable to connect to the server: {why}", prefix=False)


def _print_warnings(headers: Mapping[str, str]) -> None:
    for value in _all(headers, "warning"):
        parts = value.split(" ", 2)
        text = parts[2] if len(parts) == 3 else value
        text = text.strip().strip('"').replace('\\"', '"').replace("\\\\", "\\")
        print(f"Warning: {text}", file=sys.stderr)


def _all(headers: Any, name: str) -> list[str]:
    """All values of a repeatable header."""
    return headers.get_list(name) if hasattr(headers, "get_list") else [headers[name]] if name in headers else []
