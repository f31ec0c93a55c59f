"""Handing the fields of client-side apply over to the manager that applies on the server from now on. Pure.

Called by `kubectl_lite.server_side`; calls the set algebra of `kube.apimachinery.patch.fieldset`. Without it a field
that client-side apply once wrote would stay for ever: its old manager never gives it up. Source:
k8s.io/client-go/util/csaupgrade.
"""

from __future__ import annotations

from typing import Any

from kubectl_lite.last_applied import ANNOTATION

Json = dict[str, Any]


def owners(managed: list[Json], operation: str) -> list[str]:
    """The managers that own the annotation of client-side apply by "Apply" or by "Update"."""
    from kube.apimachinery.patch.fieldset import DOT, within

    found = []
    for entry in managed:
        below = within(entry.get("fieldsV1") or {}, "f:metadata", "f:annotations", f"f:{ANNOTATION}")
        if entry["operation"] == operation and below is not None and (not below or DOT in below):
            found.append(entry["manager"])
    return found


def upgrade(live: Json, manager: str) -> list[Json] | None:
    """The JSON patch after which `manager` owns, by Apply, what client-side apply wrote; None if there is no need.

    It carries the resourceVersion: somebody else's write in between makes it a conflict.
    """
    before = live["metadata"].get("managedFields") or []
    after = before
    for name in sorted(set(owners(before, "Update"))):
        after = _handed_over(after, name, manager)
    if after == before:
        return None
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": after},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"].get("resourceVersion", "")},
    ]


def _handed_over(managed: list[Json], old: str, new: str) -> list[Json]:
    """Without the updates of `old`; the one of the same version as the entry of `new` is joined to that."""
    from kube.apimachinery.patch.fieldset import union

    updates = [entry for entry in managed if _is(entry, old, "Update")]
    heir = next((entry for entry in managed if _is(entry, new, "Apply")), None) or (updates[0] if updates else None)
    if heir is None:
        return managed
    fields = heir["fieldsV1"]
    for entry in updates:
        if entry["apiVersion"] == heir["apiVersion"]:
            fields = union(fields, entry["fieldsV1"])
            break
    joined = heir | {"manager": new, "operation": "Apply", "fieldsV1": fields}
    return [joined if entry is heir else entry for entry in managed if entry is heir or entry not in updates]


def _is(entry: Json, manager: str, operation: str) -> bool:
    return entry["manager"] == manager and entry["operation"] == operation and not entry.get("subresource")
