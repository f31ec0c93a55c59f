"""What selectors ask of an object: its labels and selectable fields, worked out once for each stored value.

Called by the list and watch handlers. It keeps its answer in the stored value's `memo`, so that every later reader and
watcher of that value finds it there. It calls pydantic with a model that reads labels only: a tenth of a whole decode.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from apiserver.registry.generic.strategy import Strategy
from apiserver.storage.interface import Stored
from kube.apimachinery.fields import Selector as FieldSelector
from kube.apimachinery.labels import Selector as LabelSelector
from kube.apimachinery.scheme import Resource


class _Meta(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str = ""
    namespace: str = ""
    labels: dict[str, str] | None = None


class _LabelsOnly(BaseModel):
    model_config = ConfigDict(extra="ignore")
    metadata: _Meta = _Meta()


class Facts:
    """`fields` is filled when a selector first asks for more than name and namespace."""

    __slots__ = ("fields", "labels", "name", "namespace")

    def __init__(self, wire: bytes):
        meta = _LabelsOnly.model_validate_json(wire).metadata
        self.name, self.namespace = meta.name, meta.namespace
        self.labels: dict[str, str] = meta.labels or {}
        self.fields: dict[str, str] | None = None


def facts_of(stored: Stored) -> Facts:
    facts = stored.memo
    if facts is None:
        facts = stored.memo = Facts(stored.wire)
    return facts


class Filter:
    """Both selectors of a list or watch, as one question of a stored value."""

    def __init__(self, resource: Resource, strategy: Strategy[Any], labels: LabelSelector, fields: FieldSelector):
        self._resource, self._strategy = resource, strategy
        self._labels, self._fields = labels, fields
        self.empty = labels.empty and fields.empty

    def matches(self, stored: Stored) -> bool:
        facts = facts_of(stored)
        if not self._labels.empty and not self._labels.matches(facts.labels):
            return False
        return self._fields.empty or self._fields.matches(self._fields_of(stored, facts))

    def _fields_of(self, stored: Stored, facts: Facts) -> dict[str, str]:
        if facts.fields is None:
            fields = {"metadata.name": facts.name, "metadata.namespace": facts.namespace}
            if self._strategy.field_labels:
                fields |= self._strategy.fields(self._resource.type.from_json(stored.wire))
            facts.fields = fields
        return facts.fields
