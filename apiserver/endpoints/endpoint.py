"""One resource as the handlers see it: its store, its strategy, and how its objects are read.

Made by the app for every resource of the scheme; given to each handler with the request. It calls nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apiserver.endpoints.request import Request
from apiserver.registry.generic.options import Write
from apiserver.registry.generic.store import Store
from kube.apimachinery.scheme import Resource


@dataclass(frozen=True)
class Endpoint:
    """A resource served under a path. `services` are the server's other parts that a few handlers need."""

    resource: Resource
    store: Store[Any]
    services: Mapping[str, Any] = field(default_factory=dict)

    def namespace_of(self, request: Request) -> str:
        """The namespace of the request's object, none for a cluster-scoped resource (Namespace itself)."""
        return request.info.namespace if self.resource.namespaced else ""


def write_of(request: Request, options: Any, operation: str = "Update") -> Write:
    """What the store must know about this write."""
    return Write(
        user=request.user,
        dry_run=options.dry_run,
        manager=options.field_manager or request.manager,
        operation=operation,
        subresource=request.info.subresource,
        warnings=request.warnings,
    )
