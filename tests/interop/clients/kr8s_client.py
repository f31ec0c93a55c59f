"""PyPI `kr8s`, its synchronous side."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kr8s
from kr8s._async_utils import Portal
from kr8s.objects import get_class, new_class

from tests.interop.clients.interface import API_VERSIONS, Client, Event, Json, Refused


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except kr8s.NotFoundError as error:
        raise Refused({"code": 404, "reason": "NotFound", "message": str(error)}) from error
    except kr8s.ServerError as error:
        raise Refused(error.response.json()) from error


class Kr8s(Client):
    name = "kr8s"
    lacks = frozenset({"strategic", "apply", "replace"})

    def __init__(self, kubeconfig: str, namespace: str):
        super().__init__(kubeconfig, namespace)
        self.api = kr8s.api(kubeconfig=kubeconfig, namespace=namespace)

    def close(self) -> None:
        """kr8s itself never closes its connections; it has a thread of its own for the asynchronous side."""
        if self.api._session is not None:
            Portal().call(self.api._session.aclose)

    def _new(self, kind: str, manifest: Json) -> Any:
        cls = get_class(kind, API_VERSIONS[kind])
        return cls({"metadata": {"namespace": self.namespace}, **manifest}, api=self.api)

    def _get(self, kind: str, name: str) -> Any:
        with _refusals():
            obj = self._new(kind, {"metadata": {"name": name, "namespace": self.namespace}})
            obj.refresh()
            return obj

    def create(self, manifest: Json) -> Json:
        with _refusals():
            obj = self._new(manifest["kind"], manifest)
            obj.create()
            return obj.to_dict()

    def get(self, kind: str, name: str) -> Json:
        return self._get(kind, name).to_dict()

    def list(self, kind: str, labels: str = "", fields: str = "") -> list[Json]:
        with _refusals():
            found = self.api.get(kind, label_selector=labels or None, field_selector=fields or None)
            return [obj.to_dict() for obj in found]

    def replace(self, manifest: Json) -> Json:
        raise NotImplementedError

    def patch(
        self, kind: str, name: str, patch_type: str, body: Any, *, manager: str = "", force: bool = False
    ) -> Json:
        obj = self._get(kind, name)
        with _refusals():
            obj.patch(body, type="json" if patch_type == "json" else None)
            return obj.to_dict()

    def scale(self, name: str, replicas: int) -> None:
        self._get("Deployment", name).scale(replicas)

    def delete(self, kind: str, name: str, propagation: str = "Background") -> None:
        obj = self._get(kind, name)
        with _refusals():
            obj.delete(propagation_policy=propagation)

    def watch(self, kind: str, since: str = "", labels: str = "", fields: str = "") -> Iterator[Event]:
        with _refusals():
            events = self.api.watch(
                kind, since=since or None, label_selector=labels or None, field_selector=fields or None
            )
            for type_, obj in events:
                yield type_, obj.to_dict()

    def resources(self) -> set[str]:
        return {f"{r['name']}.{r['version']}" for r in self.api.api_resources()}

    def can_i(self, verb: str, group: str, resource: str) -> bool:
        asked = {"verb": verb, "group": group, "resource": resource, "namespace": self.namespace}
        review = new_class("SelfSubjectAccessReview", version="authorization.k8s.io/v1", namespaced=False)(
            {"metadata": {"name": ""}, "spec": {"resourceAttributes": asked}}, api=self.api
        )
        review.create()
        return review.raw.status.allowed

    def logs(self, pod: str) -> str:
        return "\n".join(self._get("Pod", pod).logs()) + "\n"

    def exec(self, pod: str, *command: str) -> tuple[str, str, int]:
        done = self._get("Pod", pod).exec(list(command), check=False)
        return done.stdout.decode(), done.stderr.decode(), done.returncode

    def forward(self, pod: str, port: int, line: bytes) -> bytes:
        with (
            self._get("Pod", pod).portforward(port, local_port="auto") as local,
            socket.create_connection(("127.0.0.1", local), 30) as stream,
        ):
            stream.sendall(line)
            return stream.recv(1000)
