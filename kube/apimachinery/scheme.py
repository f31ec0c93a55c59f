"""The scheme: which kinds exist, of which Python type, under which resource name and URL.

`kube.api` registers every kind once; the API server builds its routes and discovery from it, clients find the
URL of a type in it, kubectl_lite resolves short names with it. It knows nothing of storage or HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Subresource:
    """`pods/log`: its name, the kind it speaks (of its own group where `group` is not None), its verbs."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Resource:
    """One resource of one API version: what a line of `kubectl api-resources` says, and the type behind it."""

    group: str  # "" for core
    version: str
    kind: str
    plural: str
    type: type[APIModel]
    namespaced: bool = True
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = VERBS
    subresources: tuple[Subresource, ...] = ()

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def list_kind(self) -> str:
        return self.kind + "List"

    @property
    def group_resource(self) -> str:
        """`services`, `deployments.apps`: how error messages name the resource."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of the collection, of one object, or of a subresource."""
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


@dataclass
class Scheme:
    """A registry of resources. `kube.api.scheme` is the one that everybody uses."""

    _by_gvr: dict[tuple[str, str, str], Resource] = field(default_factory=dict)
    _by_gvk: dict[tuple[str, str], Resource] = field(default_factory=dict)
    _by_type: dict[type[APIModel], Resource] = field(default_factory=dict)
    _types: dict[tuple[str, str], type[APIModel]] = field(default_factory=dict)

    def add(self, resource: Resource) -> Resource:
        """Registers a resource; its order of registration is the order of discovery."""
        self._by_gvr[resource.group, resource.version, resource.plural] = resource
        self._by_gvk.setdefault((resource.api_version, resource.kind), resource)
        self._by_type.setdefault(resource.type, resource)
        self.add_type(resource.api_version, resource.kind, resource.type)
        return resource

    def add_type(self, api_version: str, kind: str, type_: type[APIModel]) -> None:
        """Makes a kind known that has no URL of its own: what subresources speak, options of requests."""
        self._types.setdefault((api_version, kind), type_)

    def type_of(self, api_version: str, kind: str) -> type[APIModel] | None:
        """The type of any kind that was made known, be it a resource or only a subresource's body."""
        return self._types.get((api_version, kind))

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._by_gvr.values())

    def by_path(self, group: str, version: str, plural: str) -> Resource | None:
        return self._by_gvr.get((group, version, plural))

    def by_kind(self, api_version: str, kind: str) -> Resource | None:
        return self._by_gvk.get((api_version, kind))

    def by_type(self, type_: type[APIModel]) -> Resource:
        """The resource of a registered type. Raises KeyError for a type that was not registered."""
        return self._by_type[type_]

    def types(self) -> dict[tuple[str, str], type[APIModel]]:
        """(apiVersion, kind) -> type, of every kind that was made known."""
        return dict(self._types)

    def new(self, type_: type[Object], **fields: object) -> Object:
        """An object of the type with `kind` and `apiVersion` filled in."""
        resource = self._by_type[type_]
        return type_(kind=resource.kind, apiVersion=resource.api_version, **fields)
