"""managedFields on every write: which manager owns which fields.

Called by the generic store. It calls `kube.apimachinery.patch.managed_fields`, which does the arithmetic on plain JSON;
this only hands it the objects of one resource. What server-side apply worked out already is left as it is.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from apiserver.registry.generic.options import Write
from kube.apimachinery.meta_v1 import ManagedFieldsEntry, Object
from kube.apimachinery.patch import managed_fields
from kube.apimachinery.scheme import Resource

_entries = TypeAdapter(list[ManagedFieldsEntry])


class FieldManager:
    """Keeps the books of one resource."""

    def __init__(self, resource: Resource, has_status: bool):
        self._resource, self._has_status = resource, has_status

    def update(self, old: Object | None, new: Object, write: Write, now: str) -> list[Any]:
        """The managedFields of the new object."""
        if write.operation == "Apply":
            return new.metadata.managedFields
        found = managed_fields.update(
            old.to_dict() if old is not None else None, new.to_dict(), self._resource.type,
            manager=write.manager, api_version=self._resource.api_version, now=now, subresource=write.subresource,
            reset=managed_fields.reset_fields(self._has_status, write.subresource),
        )  # fmt: skip
        return entries(found)


def entries(found: list[dict[str, Any]]) -> list[ManagedFieldsEntry]:
    """Typed entries from plain ones."""
    return _entries.validate_python(found) if found else []


def timeless(known: list[ManagedFieldsEntry]) -> list[ManagedFieldsEntry]:
    """The entries without their times: what must differ for a write to be one."""
    return [entry.model_copy(update={"time": None}) for entry in known]
