"""Drives a strategy as the generic store does, without a store: what becomes of an object, what is wrong with it."""

from __future__ import annotations

from typing import Any

import yaml

from apiserver.registry.generic.strategy import Strategy, WriteContext
from kube.api import scheme
from kube.apimachinery.errors import Invalid
from kube.apimachinery.meta_v1 import Object


def parse(type_: type[Object], text: str | dict[str, Any]) -> Any:
    """An object from YAML, named `x` in the namespace `ns` unless it says otherwise."""
    data = yaml.safe_load(text) if isinstance(text, str) else text
    resource = scheme.by_type(type_)
    meta = {"name": "x", **({"namespace": "ns"} if resource.namespaced else {}), **data.get("metadata", {})}
    return type_.from_dict({"kind": resource.kind, "apiVersion": resource.api_version, **data, "metadata": meta})


def create(strategy: Strategy[Any], obj: Object) -> tuple[Any, list[str]]:
    """The object as it would be stored, and `field: message` for each thing wrong."""
    strategy.default(obj)
    try:
        strategy.prepare_for_create(obj, _context(obj))
    except Invalid as error:
        return obj, _causes(error)
    return obj, [str(e) for e in strategy.validate(obj)]


def update(strategy: Strategy[Any], obj: Object, old: Object) -> tuple[Any, list[str]]:
    strategy.default(obj)
    try:
        strategy.prepare_for_update(obj, old, _context(obj))
    except Invalid as error:
        return obj, _causes(error)
    return obj, [str(e) for e in strategy.validate_update(obj, old)]


def update_status(strategy: Strategy[Any], obj: Object, old: Object) -> tuple[Any, list[str]]:
    strategy.default(obj)
    strategy.prepare_for_status_update(obj, old, _context(obj))
    return obj, [str(e) for e in strategy.validate_status_update(obj, old)]


def _context(obj: Object) -> WriteContext:
    return WriteContext(scheme.by_type(type(obj)), obj.metadata.namespace, obj.metadata.name)


def _causes(error: Invalid) -> list[str]:
    return [f"{c.field}: {c.message}" for c in error.details.causes]
