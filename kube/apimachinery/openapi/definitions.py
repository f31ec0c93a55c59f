"""Schemas of the types, as OpenAPI wants them: names, properties, what is required, how lists merge.

Called by the two documents (`documents`). It calls `shapes` for the types and reads each field's `Wire`. The two
versions of OpenAPI differ in how a reference is written and in the two types that are a number or a string; all else
is one. What each kind can be asked for is not here but in `operations`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from kube.apimachinery.meta_v1 import DeleteOptions, ListMeta, Status
from kube.apimachinery.scheme import Resource, Scheme
from kube.apimachinery.shapes import FieldShape, Shape, fields_of
from kube.apimachinery.types import APIModel

Json = dict[str, Any]

META = "io.k8s.apimachinery.pkg.apis.meta.v1"
PATCH = f"{META}.Patch"
GVK = "x-kubernetes-group-version-kind"

_KIND_DOC = "The kind of the object, in CamelCase; servers may take it from the URL."
_VERSION_DOC = "The group and version in which the object is written."

_SCALAR_NAMES = {
    "v1.Time": f"{META}.Time",
    "v1.MicroTime": f"{META}.MicroTime",
    "resource.Quantity": "io.k8s.apimachinery.pkg.api.resource.Quantity",
    "intstr.IntOrString": "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    "runtime.RawExtension": "io.k8s.apimachinery.pkg.runtime.RawExtension",
}
_NUMBER_OR_STRING: dict[str, tuple[Json, Json]] = {
    # definition name: in version 2, in version 3
    _SCALAR_NAMES["resource.Quantity"]: (
        {"type": "string"},
        {"oneOf": [{"type": "string"}, {"type": "number"}]},
    ),
    _SCALAR_NAMES["intstr.IntOrString"]: (
        {"type": "string", "format": "int-or-string"},
        {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    ),
}
_FIXED: dict[str, Json] = {
    _SCALAR_NAMES["v1.Time"]: {"type": "string", "format": "date-time"},
    _SCALAR_NAMES["v1.MicroTime"]: {"type": "string", "format": "date-time"},
    _SCALAR_NAMES["runtime.RawExtension"]: {"type": "object"},
    PATCH: {"type": "object"},
}
_SCALAR_DOCS = {
    _SCALAR_NAMES["v1.Time"]: "A time in RFC 3339, in whole seconds.",
    _SCALAR_NAMES["v1.MicroTime"]: "A time in RFC 3339, with microseconds.",
    _SCALAR_NAMES["resource.Quantity"]: "An amount with an optional unit, such as 500m, 1.5 or 2Gi.",
    _SCALAR_NAMES["intstr.IntOrString"]: "A number, or the name or percentage that stands for one.",
    _SCALAR_NAMES["runtime.RawExtension"]: "An object of any kind.",
    PATCH: "A patch of one of the types that are named as its media type.",
}


def name_of(model: type[APIModel]) -> str:
    """`io.k8s.api.core.v1.Service`, after the module that declares the type."""
    module = model.__module__
    if not module.startswith("kube.api."):
        return f"{META}.{model.__name__}"
    group, _, version = module.split(".")[2].rpartition("_")
    return f"io.k8s.api.{group}.{version}.{model.__name__}"


def list_name_of(resource: Resource) -> str:
    return f"{name_of(resource.type)}List"


@dataclass(frozen=True)
class Writer:
    """Writes schemas for one version of OpenAPI: 2 or 3."""

    version: int

    @property
    def prefix(self) -> str:
        return "#/definitions/" if self.version == 2 else "#/components/schemas/"

    def reference(self, name: str) -> Json:
        return {"$ref": self.prefix + name}

    def struct(self, model: type[APIModel]) -> Json:
        """The schema of a type."""
        fields = fields_of(model)
        schema: Json = {"description": _first_paragraph(model), "type": "object"}
        if required := sorted(f.name for f in fields.values() if f.required and f.wire.number):
            schema["required"] = required
        schema["properties"] = {f.name: self.property(f) for f in sorted(fields.values(), key=lambda f: f.name)}
        if model.atomic:
            schema["x-kubernetes-map-type"] = "atomic"
        return schema

    def property(self, field: FieldShape) -> Json:
        schema = self.described(self.value(field.shape), _doc(field))
        wire = field.wire
        for key, value in (
            ("x-kubernetes-list-type", wire.list_type),
            ("x-kubernetes-list-map-keys", list(wire.list_map_keys)),
            ("x-kubernetes-map-type", wire.map_type),
            ("x-kubernetes-patch-merge-key", wire.merge_key),
            ("x-kubernetes-patch-strategy", wire.patch_strategy),
        ):
            if value:
                schema[key] = value
        return schema

    def described(self, schema: Json, doc: str) -> Json:
        """Version 3 allows nothing beside a reference, so there the reference goes into an `allOf`."""
        if self.version == 3 and "$ref" in schema:
            schema = {"allOf": [schema]}
        return {"description": doc, **schema} if doc else schema

    def value(self, shape: Shape) -> Json:
        match shape.kind:
            case "struct":
                assert shape.model
                return self.reference(name_of(shape.model))
            case "list":
                assert shape.item
                return {"type": "array", "items": self.value(shape.item)}
            case "map":
                assert shape.item
                return {"type": "object", "additionalProperties": self.value(shape.item)}
        return self.scalar(shape)

    def scalar(self, shape: Shape) -> Json:
        if shape.go in _SCALAR_NAMES:
            return self.reference(_SCALAR_NAMES[shape.go])
        if shape.go in ("int32", "int64"):
            return {"type": "integer", "format": shape.go}
        if shape.go == "bool":
            return {"type": "boolean"}
        return {"type": "string", "format": "byte"} if shape.format == "byte" else {"type": "string"}

    def list_of(self, resource: Resource) -> Json:
        """The schema of a list of that kind."""
        items = self.reference(name_of(resource.type))
        return {
            "description": f"A list of {resource.plural}.",
            "type": "object",
            "required": ["items"],
            "properties": {
                "apiVersion": {"description": _VERSION_DOC, "type": "string"},
                "items": {"description": f"The {resource.plural}.", "type": "array", "items": items},
                "kind": {"description": _KIND_DOC, "type": "string"},
                "metadata": self.described(self.reference(name_of(ListMeta)), "Of the list, not of its items."),
            },
            GVK: [_gvk(resource.group, resource.version, resource.list_kind)],
        }

    def scalars(self) -> dict[str, Json]:
        """The definitions that stand for a scalar."""
        of_this_version = {name: forms[self.version - 2] for name, forms in _NUMBER_OR_STRING.items()}
        return {name: {"description": _SCALAR_DOCS[name], **form} for name, form in (_FIXED | of_this_version).items()}


def definitions(scheme: Scheme, writer: Writer, resources: Iterable[Resource]) -> dict[str, Json]:
    """Every schema that these resources need, by name."""
    resources = list(resources)
    kinds = _kinds(scheme)
    roots: list[type[APIModel]] = [r.type for r in resources]
    roots += [t for t in (_subresource_types(scheme, resources)) if t not in roots]
    found = {name_of(m): writer.struct(m) for m in _reachable([*roots, DeleteOptions, Status, ListMeta])}
    for model, gvks in kinds.items():
        if name_of(model) in found:
            found[name_of(model)][GVK] = gvks
    for resource in resources:
        if "list" in resource.verbs:
            found[list_name_of(resource)] = writer.list_of(resource)
    return dict(sorted((found | writer.scalars()).items()))


def _kinds(scheme: Scheme) -> dict[type[APIModel], list[Json]]:
    """Each type that is a kind -> under which names it is sent. DeleteOptions goes with every group."""
    found: dict[type[APIModel], list[Json]] = {}
    for (api_version, kind), model in scheme.types().items():
        group, _, version = api_version.rpartition("/")
        found.setdefault(model, []).append(_gvk(group, version, kind))
    served = sorted({(r.group, r.version) for r in scheme})
    found[DeleteOptions] = [_gvk(group, version, "DeleteOptions") for group, version in served]
    return found


def _subresource_types(scheme: Scheme, resources: Iterable[Resource]) -> Iterable[type[APIModel]]:
    for resource in resources:
        for sub in resource.subresources:
            api_version = f"{sub.group}/{sub.version}" if sub.group else resource.api_version
            model = scheme.type_of(api_version, sub.kind)
            if model:
                yield model


def _gvk(group: str, version: str, kind: str) -> Json:
    return {"group": group, "kind": kind, "version": version}


def _reachable(roots: Iterable[type[APIModel]]) -> list[type[APIModel]]:
    found: dict[type[APIModel], None] = {}
    waiting = list(roots)
    while waiting:
        model = waiting.pop()
        if model not in found:
            found[model] = None
            waiting += _used_by(model)
    return list(found)


@cache
def _used_by(model: type[APIModel]) -> tuple[type[APIModel], ...]:
    models = []
    for field in fields_of(model).values():
        shape: Shape | None = field.shape
        while shape is not None and shape.item is not None:
            shape = shape.item
        if shape is not None and shape.model is not None:
            models.append(shape.model)
    return tuple(models)


def _doc(field: FieldShape) -> str:
    if field.wire.number:
        return field.wire.doc
    return {"kind": _KIND_DOC, "apiVersion": _VERSION_DOC}.get(field.name, "")


def _first_paragraph(model: type[APIModel]) -> str:
    """Of the class's own docstring, in one line."""
    return " ".join((model.__dict__.get("__doc__") or "").strip().split("\n\n")[0].split())
