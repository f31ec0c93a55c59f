"""Discovery: which groups, versions, resources and verbs there are, in both forms that clients ask for.

Built once by the app from the scheme; served by the routes in `nonresource`. It calls `protobuf` for who asks for it.
Resources stand in the
order of their names, groups in Kubernetes' order of importance, which decides what `kubectl get all` lists first.
Source: the API reference on discovery, and KEP-3352 (aggregated discovery).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apiserver.endpoints import protobuf
from apiserver.endpoints.etags import tag_of
from apiserver.endpoints.negotiation import JSON, PROTOBUF, clauses
from apiserver.endpoints.responses import Response
from kube.apimachinery.scheme import Resource, Subresource

AGGREGATED = ("/api", "/apis")
_IMPORTANCE = (
    "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch",
    "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "scheduling.k8s.io", "coordination.k8s.io",
    "discovery.k8s.io",
)  # fmt: skip
_STORED_ELSEWHERE = {("events.k8s.io", "Event"): ""}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """In which version and media type the aggregated document goes out."""

    version: str
    media: str

    @property
    def content_type(self) -> str:
        return f"{self.media};g=apidiscovery.k8s.io;v={self.version};as=APIGroupDiscoveryList"


def aggregated_form(accept: str) -> Form | None:
    """The form that was offered before any plain one, None without: who knows only `v2beta1` cannot read `v2`."""
    for clause in clauses(accept):
        if clause.media not in (JSON, PROTOBUF):
            continue
        if clause.get("as") == "APIGroupDiscoveryList":
            if clause.get("g") == "apidiscovery.k8s.io" and clause.get("v") in ("v2", "v2beta1"):
                return Form(clause.get("v"), clause.media)
        elif not clause.get("as"):
            return None
    return None


class Discovery:
    """All documents, as JSON bytes under their paths."""

    def __init__(self, resources: Iterable[Resource], server_address: str):
        self._by_group_version: dict[tuple[str, str], list[Resource]] = {}
        for resource in resources:
            self._by_group_version.setdefault((resource.group, resource.version), []).append(resource)
        for found in self._by_group_version.values():
            found.sort(key=lambda r: r.plural)
        self._address = server_address
        self.documents: dict[str, bytes] = {path: _bytes(doc) for path, doc in self._documents()}
        self._made: dict[tuple[str, Form], tuple[bytes, str]] = {}

    def aggregated(self, path: str, form: Form) -> Response:
        """All of `/api` or `/apis` in one document, with the tag by which clients know it again."""
        found = self._made.get((path, form))
        if found is None:
            body = _bytes(self.aggregated_document(path, form.version))
            body = protobuf.from_json(body) if form.media == PROTOBUF else body
            found = self._made[path, form] = body, tag_of(body)
        body, tag = found
        headers = [(b"etag", tag.encode()), (b"vary", b"Accept"), (b"cache-control", b"public")]
        return Response(body, media_type=form.content_type, headers=headers)

    def aggregated_document(self, path: str, version: str = "v2") -> Json:
        groups = self._groups() if path == "/apis" else [""]
        head = {"kind": "APIGroupDiscoveryList", "apiVersion": f"apidiscovery.k8s.io/{version}", "metadata": {}}
        return {**head, "items": self._aggregated(groups)}

    def _groups(self) -> list[str]:
        names = {group for group, _ in self._by_group_version if group}
        return sorted(names, key=lambda g: (_IMPORTANCE.index(g) if g in _IMPORTANCE else len(_IMPORTANCE), g))

    def _versions(self, group: str) -> list[str]:
        return [version for g, version in self._by_group_version if g == group]

    def _documents(self) -> Iterable[tuple[str, Json]]:
        yield "/api", {
            "kind": "APIVersions", "versions": self._versions(""),
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": self._address}],
        }  # fmt: skip
        groups = [self._group(group) for group in self._groups()]
        yield "/apis", {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        for group in groups:
            yield f"/apis/{group['name']}", {"kind": "APIGroup", "apiVersion": "v1", **group}
        for (group, version), resources in self._by_group_version.items():
            yield _path(group, version), _resource_list(group, version, resources)

    def _group(self, group: str) -> Json:
        versions = [{"groupVersion": f"{group}/{v}", "version": v} for v in self._versions(group)]
        return {"name": group, "versions": versions, "preferredVersion": versions[0]}

    def _aggregated(self, groups: Iterable[str]) -> list[Json]:
        items = []
        for group in groups:
            versions = [
                {
                    "version": version, "freshness": "Current",
                    "resources": [_discovered(r) for r in self._by_group_version[group, version]],
                }
                for version in self._versions(group)
            ]  # fmt: skip
            items.append({"metadata": {"name": group} if group else {}, "versions": versions})
        return items


def _bytes(document: Json) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _path(group: str, version: str) -> str:
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def _resource_list(group: str, version: str, resources: list[Resource]) -> Json:
    entries: list[Json] = []
    for resource in resources:
        entries.append(_entry(resource))
        entries += [_subresource_entry(resource, s) for s in sorted(resource.subresources, key=lambda s: s.name)]
    head = {"kind": "APIResourceList"} | ({"apiVersion": "v1"} if group else {})
    return {**head, "groupVersion": f"{group}/{version}" if group else version, "resources": entries}


def _entry(resource: Resource) -> Json:
    entry: Json = {
        "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": sorted(resource.verbs),
    }  # fmt: skip
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if "list" in resource.verbs:
        entry["storageVersionHash"] = storage_version_hash(resource)
    return entry


def _subresource_entry(resource: Resource, sub: Subresource) -> Json:
    entry: Json = {
        "name": f"{resource.plural}/{sub.name}", "singularName": "", "namespaced": resource.namespaced,
        "kind": sub.kind, "verbs": sorted(sub.verbs),
    }  # fmt: skip
    if sub.group is not None:
        entry |= {"group": sub.group, "version": sub.version}
    return entry


def storage_version_hash(resource: Resource) -> str:
    """Changes when objects are stored under another kind or version."""
    group = _STORED_ELSEWHERE.get((resource.group, resource.kind), resource.group)
    digest = hashlib.sha256(f"{group}/{resource.version}/{resource.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def _discovered(resource: Resource) -> Json:
    entry: Json = {
        "resource": resource.plural, "responseKind": _response_kind(resource.kind),
        "scope": "Namespaced" if resource.namespaced else "Cluster", "singularResource": resource.singular,
        "verbs": sorted(resource.verbs),
    }  # fmt: skip
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.subresources:
        entry["subresources"] = [
            {
                "subresource": s.name, "verbs": sorted(s.verbs),
                "responseKind": _response_kind(s.kind, s.group or "", s.version or ""),
            }
            for s in sorted(resource.subresources, key=lambda s: s.name)
        ]  # fmt: skip
    return entry


def _response_kind(kind: str, group: str = "", version: str = "") -> Json:
    """Empty group and version mean those of the document's place."""
    return {"group": group, "kind": kind, "version": version}
