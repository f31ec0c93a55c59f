"""The typed client: `await client.get(Service, "myapp", "default")`. The class says the URL, the kind and the decoding.

Called by informers, controllers, kubelet, proxy, DNS, kubectl_lite and the lab. It calls `kube.client.transport`, and
finds the URL of a type in `kube.api.scheme`. It leaves out caching (`kube.informer`) and retrying after conflicts,
which only the caller can decide.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, create_model

from kube.apimachinery.meta_v1 import DeleteOptions, ListMeta, Object, Preconditions
from kube.apimachinery.scheme import Resource
from kube.apimachinery.types import APIModel
from kube.client.config import ClientConfig, load
from kube.client.transport import REQUEST_TIMEOUT, Response, Stream, Transport
from kube.client.watch import WatchEvent, decode_event, lines
from kube.clock import Clock

T = TypeVar("T", bound=Object)
M = TypeVar("M", bound=APIModel)

PATCH_TYPES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


@dataclass(frozen=True, slots=True)
class ObjectList(Generic[T]):
    """What a list answered: the objects, the revision to watch from, and the token of the next page."""

    items: list[T]
    resource_version: str = ""
    continue_: str = ""
    remaining: int = 0

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class _AnyList(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    metadata: ListMeta = ListMeta()


@functools.cache
def _list_model(type_: type[APIModel]) -> type[_AnyList]:
    return create_model(f"{type_.__name__}List", __base__=_AnyList, items=(list[type_] | None, None))


def decode_list(type_: type[T], body: bytes) -> ObjectList[T]:
    """A list's body, each item with the kind and apiVersion that servers leave out of items."""
    decoded: Any = _list_model(type_).model_validate_json(body)
    items = decoded.items or []
    if items and not items[0].kind:
        resource = _resource_of(type_)
        for item in items:
            item.kind, item.apiVersion = resource.kind, resource.api_version
    meta = decoded.metadata
    return ObjectList(items, meta.resourceVersion, meta.continue_, meta.remainingItemCount or 0)


def prepare(type_: type[APIModel]) -> None:
    """Builds the decoders of a type now, which the first use would do: up to a hundred milliseconds for a large one."""
    type_.model_rebuild()
    _list_model(type_).model_rebuild()


def _params(**given: str | int | bool | None) -> dict[str, str]:
    """Query parameters; what is None, empty, zero or False is left out."""
    return {k: "true" if v is True else str(v) for k, v in given.items() if v}


class Client:
    """One identity at one API server.

    Every method raises `kube.apimachinery.errors.StatusError` (NotFound, Conflict, ...) for what the server refuses,
    and `Unreachable` when there is no answer.
    """

    def __init__(self, config: ClientConfig, *, user_agent: str = "kube-lite", clock: Clock | None = None):
        self.config = config
        self.transport = Transport(config, user_agent=user_agent, clock=clock)

    @classmethod
    def from_kubeconfig(
        cls, path: str | os.PathLike[str] | None = None, context: str | None = None, **options: Any
    ) -> Client:
        """From a kubeconfig as kubectl finds it. Raises ConfigError. `options` go to the constructor."""
        return cls(load(path, context), **options)

    async def close(self) -> None:
        await self.transport.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # ---- reading ----

    async def get(self, type_: type[T], name: str, namespace: str = "", *, resource_version: str = "") -> T:
        answer = await self.request(
            "GET", _path(type_, namespace, name), params=_params(resourceVersion=resource_version)
        )
        return type_.from_json(answer.body)

    async def list(
        self,
        type_: type[T],
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_: str = "",
        resource_version: str | None = None,
        resource_version_match: str = "",
    ) -> ObjectList[T]:
        """One page (all, when `limit` is 0). `resource_version="0"` allows an answer from the server's cache."""
        params = {
            "labelSelector": label_selector,
            "fieldSelector": field_selector,
            "limit": limit,
            "continue": continue_,
            "resourceVersion": resource_version,
            "resourceVersionMatch": resource_version_match,
        }
        answer = await self.request("GET", _path(type_, namespace), params=_params(**params))
        return decode_list(type_, answer.body)

    async def watch(
        self,
        type_: type[T],
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
        bookmarks: bool = True,
        timeout_seconds: int = 0,
        send_initial_events: bool = False,
    ) -> AsyncIterator[WatchEvent[T]]:
        """Changes after `resource_version`, until the server ends the stream. Close it with `aclose()`.

        Raises StatusError (Expired when the revision is too old), also in the middle, and Unreachable.
        """
        params: dict[str, Any] = {
            "watch": True,
            "labelSelector": label_selector,
            "fieldSelector": field_selector,
            "resourceVersion": resource_version,
            "allowWatchBookmarks": bookmarks,
            "timeoutSeconds": timeout_seconds,
        }
        if send_initial_events:
            params |= {"sendInitialEvents": True, "resourceVersionMatch": "NotOlderThan"}
        # The server ends the stream itself; somewhat later we stop believing in it.
        read_timeout = timeout_seconds + 30.0 if timeout_seconds else None
        opened = self.stream("GET", _path(type_, namespace), params=_params(**params), read_timeout=read_timeout)
        async with opened as stream:
            async for line in lines(stream.chunks()):
                yield decode_event(line, type_)

    # ---- writing ----

    async def create(self, obj: T, namespace: str = "", *, field_manager: str = "", dry_run: bool = False) -> T:
        """POST; the answer has what the server filled in."""
        type_ = type(obj)
        path = _path(type_, namespace or obj.metadata.namespace)
        return await self._write("POST", path, obj, _write_params(field_manager, dry_run))

    async def update(self, obj: T, *, subresource: str = "", field_manager: str = "", dry_run: bool = False) -> T:
        """PUT. Raises Conflict when the object has changed since it was read (`metadata.resourceVersion`)."""
        path = _path(type(obj), obj.metadata.namespace, obj.metadata.name, subresource)
        return await self._write("PUT", path, obj, _write_params(field_manager, dry_run))

    async def update_status(self, obj: T, *, field_manager: str = "") -> T:
        """PUT of the status subresource: only the status changes."""
        return await self.update(obj, subresource="status", field_manager=field_manager)

    async def patch(
        self,
        type_: type[T],
        name: str,
        namespace: str = "",
        body: object = None,
        patch_type: str = "strategic",
        *,
        subresource: str = "",
        field_manager: str = "",
        force: bool = False,
        dry_run: bool = False,
    ) -> T:
        """PATCH with `strategic`, `merge`, `json` or `apply` (which needs a field manager). `body` is plain JSON."""
        params = _write_params(field_manager, dry_run) | _params(force=force)
        answer = await self.request(
            "PATCH",
            _path(type_, namespace, name, subresource),
            params=params,
            body=_encode(body),
            content_type=PATCH_TYPES[patch_type],
        )
        return type_.from_json(answer.body)

    async def delete(
        self,
        type_: type[Object],
        name: str,
        namespace: str = "",
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        grace_period_seconds: int | None = None,
        propagation_policy: str | None = None,
        dry_run: bool = False,
    ) -> Response:
        """DELETE. With `uid`, only that very object: Conflict if another has taken its name."""
        options = DeleteOptions(
            kind="DeleteOptions",
            apiVersion="v1",
            gracePeriodSeconds=grace_period_seconds,
            propagationPolicy=propagation_policy,
            dryRun=["All"] if dry_run else [],
        )
        if uid is not None or resource_version is not None:
            options.preconditions = Preconditions(uid=uid, resourceVersion=resource_version)
        return await self.request("DELETE", _path(type_, namespace, name), body=options.to_json())

    async def delete_collection(
        self, type_: type[Object], namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> Response:
        """Deletes all that the selectors match."""
        params = _params(labelSelector=label_selector, fieldSelector=field_selector)
        return await self.request("DELETE", _path(type_, namespace), params=params)

    async def create_subresource(self, type_: type[Object], name: str, namespace: str, subresource: str, body: M) -> M:
        """POST to `pods/binding`, `pods/eviction`, `serviceaccounts/token`: the answer is of the body's type."""
        answer = await self.request("POST", _path(type_, namespace, name, subresource), body=body.to_json())
        try:
            return type(body).from_json(answer.body)
        except ValueError:  # some answer with a bare Status
            return body

    async def _write(self, method: str, path: str, obj: T, params: dict[str, str]) -> T:
        if not obj.kind:
            resource = _resource_of(type(obj))
            obj = obj.model_copy(update={"kind": resource.kind, "apiVersion": resource.api_version})
        answer = await self.request(method, path, params=params, body=obj.to_json())
        return type(obj).from_json(answer.body)

    # ---- raw ----

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        timeout: float = REQUEST_TIMEOUT,
    ) -> Response:
        """Any request: discovery, `/version`, kinds without a type. Errors as in the typed methods."""
        return await self.transport.request(
            method, path, params=params, body=body, content_type=content_type, headers=headers, timeout=timeout
        )

    def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
    ) -> AbstractAsyncContextManager[Stream]:
        """`async with client.stream(...) as stream: async for chunk in stream.chunks()`: logs, raw watches."""
        return self.transport.stream(method, path, params=params, body=body, headers=headers, read_timeout=read_timeout)


def _path(type_: type[Object], namespace: str = "", name: str = "", subresource: str = "") -> str:
    return _resource_of(type_).path(namespace, name, subresource)


def _resource_of(type_: type[APIModel]) -> Resource:
    """Where a type is served. Whoever asks by path only, as kubectl_lite does, never waits for all types to load."""
    from kube.api import scheme

    return scheme.by_type(type_)


def _write_params(field_manager: str, dry_run: bool) -> dict[str, str]:
    return _params(fieldManager=field_manager, dryRun="All" if dry_run else "")


def _encode(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return body.to_json() if isinstance(body, APIModel) else json.dumps(body, separators=(",", ":")).encode()
