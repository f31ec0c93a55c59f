"""managedFields through the scale subresource: a Scale's `.spec.replicas` is the workload's.

Called by the API server's scale handler: `to_scale` before a write, `to_parent` after it. Entries that a write through
scale creates carry no time, as in Kubernetes. Source: apimachinery/pkg/util/managedfields/scalehandler.go.
"""

from __future__ import annotations

from kube.apimachinery.patch.fieldset import Tree, difference, within
from kube.apimachinery.patch.managed_fields import Entry, Manager, Managers, Owned, decode, encode

REPLICAS: Tree = {"f:spec": {"f:replicas": {}}}
SCALE_VERSION = "autoscaling/v1"


def to_scale(entries: list[Entry]) -> list[Entry]:
    """The workload's managers of `.spec.replicas`, as managers of the Scale."""
    managers = decode(entries) or {}
    return encode({_versioned(m, SCALE_VERSION): Owned(REPLICAS, SCALE_VERSION, owned.time)
                   for m, owned in managers.items() if _has_replicas(owned)})  # fmt: skip


def to_parent(entries: list[Entry], scale_entries: list[Entry], api_version: str) -> list[Entry]:
    """The workload's managers after a write through scale, given those of the Scale."""
    out: Managers = {}
    scale = {_versioned(m, api_version): owned for m, owned in (decode(scale_entries) or {}).items()}
    parent = decode(entries) or {}
    for manager, owned in parent.items():
        if _has_replicas(owned) and manager not in scale:
            owned = Owned(difference(owned.fields, REPLICAS), owned.api_version, owned.time)
        if owned.fields:
            out[manager] = owned
    for manager in scale:
        if manager not in parent:
            out[manager] = Owned(REPLICAS, api_version)
    return encode(out)


def _versioned(manager: Manager, api_version: str) -> Manager:
    return Manager.of(manager.name, manager.operation, api_version, manager.subresource)


def _has_replicas(owned: Owned) -> bool:
    return within(owned.fields, "f:spec", "f:replicas") is not None
