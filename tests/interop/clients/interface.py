"""What the scenario asks of a client library, in plain JSON.

Implemented once a library, with that library's own idiomatic calls and types; `tests.interop.test_clients` knows only
this. An error that the server answered is raised as `Refused`. What a library cannot do at all it names in `lacks`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

Json = dict[str, Any]
Event = tuple[str, Json]

API_VERSIONS = {
    "ConfigMap": "v1", "Service": "v1", "Pod": "v1", "Event": "v1", "Secret": "v1",
    "Deployment": "apps/v1", "ReplicaSet": "apps/v1", "EndpointSlice": "discovery.k8s.io/v1",
}  # fmt: skip
"""The kinds of the scenario."""

PATCH_TYPES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


class Refused(Exception):
    """The server's Status."""

    def __init__(self, status: Json):
        super().__init__(f"{status.get('code')} {status.get('reason')}: {status.get('message')}")
        self.code, self.reason = status.get("code"), status.get("reason")
        self.message, self.details = status.get("message", ""), status.get("details") or {}


class Client(ABC):
    """A library in one namespace. Every method but `close` may raise Refused."""

    name: ClassVar[str]
    lacks: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, kubeconfig: str, namespace: str):
        self.namespace = namespace

    @abstractmethod
    def create(self, manifest: Json) -> Json: ...

    @abstractmethod
    def get(self, kind: str, name: str) -> Json: ...

    @abstractmethod
    def list(self, kind: str, labels: str = "", fields: str = "") -> list[Json]: ...

    @abstractmethod
    def replace(self, manifest: Json) -> Json: ...

    @abstractmethod
    def patch(
        self, kind: str, name: str, patch_type: str, body: Any, *, manager: str = "", force: bool = False
    ) -> Json: ...

    @abstractmethod
    def scale(self, name: str, replicas: int) -> None:
        """The Deployment's number of replicas."""

    @abstractmethod
    def delete(self, kind: str, name: str, propagation: str = "Background") -> None: ...

    @abstractmethod
    def watch(self, kind: str, since: str = "", labels: str = "", fields: str = "") -> Iterator[Event]:
        """Events until the iterator is closed; the server ends it after half a minute."""

    @abstractmethod
    def resources(self) -> set[str]:
        """`deployments.apps/v1` and its like, from discovery."""

    @abstractmethod
    def can_i(self, verb: str, group: str, resource: str) -> bool: ...

    @abstractmethod
    def logs(self, pod: str) -> str: ...

    @abstractmethod
    def exec(self, pod: str, *command: str) -> tuple[str, str, int]:
        """What it wrote to its two outputs, and its exit code."""

    def forward(self, pod: str, port: int, line: bytes) -> bytes:
        """Sends a line to a port of the pod; returns what came back. Only where the library forwards ports."""
        raise NotImplementedError

    def close(self) -> None:  # noqa: B027  (most have nothing to close)
        pass
