"""The REST mapper: what the server serves, found by kind, plural, singular or short name.

Called by every command that names resources; asks the server's discovery once, aggregated where offered. It keeps
nothing on disk: two requests on a kept-alive connection cost less than the doubt whether a cache is stale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kubectl_lite.errors import CommandError

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True)
class Mapping:
    """One served resource: enough to build URLs and to print its name."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    subresources: tuple[str, ...] = field(default=(), compare=False)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`services`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def printed(self) -> str:
        """`service`, `deployment.apps`: how kubectl prints the type before a name."""
        name = self.singular or self.kind.lower()
        return f"{name}.{self.group}" if self.group else name

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


class Mapper:
    """All mappings of a server, in discovery's order."""

    def __init__(self, mappings: list[Mapping]):
        self.mappings = mappings

    def by_kind(self, api_version: str, kind: str) -> Mapping | None:
        return next((m for m in self.mappings if m.api_version == api_version and m.kind == kind), None)

    def by_name(self, text: str) -> Mapping:
        """`svc`, `services`, `Service`, `deployments.apps`, `services.v1.`, `endpointslices.discovery`.

        Short names are taken as they are written, others in any case; the group may be cut short. Raises CommandError.
        """
        word, _, group = text.partition(".")
        wanted = word.lower()
        tests: tuple[Callable[[Mapping], bool], ...] = (
            lambda m: wanted in (m.plural, m.singular), lambda m: word in m.short_names,
            lambda m: wanted == m.kind.lower(),
        )  # fmt: skip
        for is_of in (_of_group, _of_group_prefix):
            for is_named in tests:
                for m in self.mappings:
                    if is_named(m) and is_of(m, group.lower()):
                        return m
        raise CommandError(f'the server doesn\'t have a resource type "{word}"')

    def category(self, name: str) -> list[Mapping]:
        """The resources of a category such as `all`; empty when there is none of that name."""
        return [m for m in self.mappings if name in m.categories and "list" in m.verbs]


def _of_group(m: Mapping, group: str) -> bool:
    """Whether the words after the first dot mean the mapping's group, or its version and group."""
    return group in ("", m.group, f"{m.version}.{m.group}")


def _of_group_prefix(m: Mapping, group: str) -> bool:
    return bool(group) and m.group.startswith(group)


async def discover(get: Any) -> Mapper:
    """Asks the server. `get(path, accept)` returns parsed JSON."""
    found: list[Mapping] = []
    for root in ("/api", "/apis"):
        document = await get(root, AGGREGATED)
        if document.get("kind") == "APIGroupDiscoveryList":
            found += _aggregated(document)
        else:
            found += await _legacy(get, root, document)
    return Mapper(found)


def _aggregated(document: dict[str, Any]) -> list[Mapping]:
    found = []
    for item in document["items"]:
        group = item["metadata"].get("name", "")
        for version in item["versions"]:
            for r in version.get("resources", ()):
                found.append(
                    Mapping(
                        group,
                        version["version"],
                        (r.get("responseKind") or {}).get("kind", ""),
                        r["resource"],
                        r["scope"] == "Namespaced",
                        r.get("singularResource", ""),
                        tuple(r.get("shortNames", ())),
                        tuple(r.get("categories", ())),
                        tuple(r.get("verbs", ())),
                        tuple(s["subresource"] for s in r.get("subresources", ())),
                    )
                )
    return found


async def _legacy(get: Any, root: str, document: dict[str, Any]) -> list[Mapping]:
    versions = document.get("versions", ()) if root == "/api" else ()
    group_versions = [("", v, f"/api/{v}") for v in versions]
    for group in document.get("groups", ()):
        group_versions += [(group["name"], v["version"], f"/apis/{v['groupVersion']}") for v in group["versions"]]
    found = []
    for group, version, path in group_versions:
        resources = (await get(path, "application/json")).get("resources", ())
        found += [_legacy_mapping(group, version, r, resources) for r in resources if "/" not in r["name"]]
    return found


def _legacy_mapping(group: str, version: str, r: dict[str, Any], resources: Any) -> Mapping:
    below = r["name"] + "/"
    return Mapping(
        group,
        version,
        r["kind"],
        r["name"],
        r["namespaced"],
        r.get("singularName") or r["kind"].lower(),
        tuple(r.get("shortNames", ())),
        tuple(r.get("categories", ())),
        tuple(r.get("verbs", ())),
        tuple(s["name"][len(below) :] for s in resources if s["name"].startswith(below)),
    )
