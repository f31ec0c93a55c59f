"""Admission: plugins that may change or refuse a write by policy, after authorization and before the strategy.

Called by the generic store, once for each write, in two rounds: every `admit` (may change the object), then every
`validate` (may not). It calls nothing. Source: k8s.io/apiserver/pkg/admission.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kube.apimachinery.errors import Forbidden
from kube.apimachinery.meta_v1 import Object, StatusDetails
from kube.apimachinery.scheme import Resource

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]
GetObject = Callable[[str, str, str], Awaitable[dict[str, Any] | None]]
"""(plural, namespace, name) of a core kind -> the object as a dictionary, or None. From the cache: it may be late."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """The write that a plugin judges."""

    resource: Resource
    subresource: str
    namespace: str
    name: str
    operation: Operation
    user: Any = None
    dry_run: bool = False
    options: Any = None

    @property
    def what(self) -> str:
        """`pods`, `deployments.apps`, as error messages name the resource."""
        return self.resource.group_resource


class Plugin:
    """Does nothing; subclasses override what they need."""

    operations: frozenset[str] = frozenset({"CREATE", "UPDATE", "DELETE", "CONNECT"})
    resources: frozenset[str] | None = None
    """The plurals it looks at; None: all."""

    async def admit(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        """May change `obj`. Raises StatusError to refuse."""

    async def validate(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        """Raises StatusError to refuse."""


class Chain:
    """Plugins in Kubernetes' order. Who is asked about what is worked out once for each resource and operation."""

    def __init__(self, plugins: Sequence[Plugin] = ()):
        self._plugins = plugins
        self._admitting: dict[tuple[str, str], tuple[Plugin, ...]] = {}
        self._validating: dict[tuple[str, str], tuple[Plugin, ...]] = {}

    def _asked(self, attributes: Attributes, method: str) -> tuple[Plugin, ...]:
        resource, operation = attributes.resource.plural, attributes.operation
        return tuple(
            p for p in self._plugins
            if operation in p.operations and (p.resources is None or resource in p.resources)
            and getattr(type(p), method) is not getattr(Plugin, method)
        )  # fmt: skip

    async def admit(self, attributes: Attributes, obj: Object | None, old: Object | None = None) -> None:
        key = (attributes.resource.plural, attributes.operation)
        plugins = self._admitting.get(key)
        if plugins is None:
            plugins = self._admitting[key] = self._asked(attributes, "admit")
        for plugin in plugins:
            await plugin.admit(attributes, obj, old)

    async def validate(self, attributes: Attributes, obj: Object | None, old: Object | None = None) -> None:
        key = (attributes.resource.plural, attributes.operation)
        plugins = self._validating.get(key)
        if plugins is None:
            plugins = self._validating[key] = self._asked(attributes, "validate")
        for plugin in plugins:
            await plugin.validate(attributes, obj, old)


def refused(attributes: Attributes, name: str, why: str) -> Forbidden:
    """403 in the words of `admission.NewForbidden`."""
    resource = attributes.resource
    details = StatusDetails(name=name, group=resource.group, kind=resource.plural)
    return Forbidden(f'{resource.group_resource} "{name}" is forbidden: {why}', details)
