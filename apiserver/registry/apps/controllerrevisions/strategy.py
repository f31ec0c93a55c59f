"""ControllerRevisions: a snapshot of what a StatefulSet or DaemonSet desired, which never changes; only its number may.

Called by the generic store. Source: kubernetes pkg/registry/apps/controllerrevision/strategy.go.
"""

from __future__ import annotations

from apiserver.registry.generic.strategy import Strategy
from kube.api.apps_v1 import ControllerRevision
from kube.apimachinery.errors import FieldError, Path, required
from kube.apimachinery.validation import validate_immutable, validate_nonnegative


class ControllerRevisionStrategy(Strategy[ControllerRevision]):
    def validate(self, obj: ControllerRevision) -> list[FieldError]:
        found = validate_nonnegative(obj.revision, Path("revision"))
        if obj.data is None:
            found.append(required(Path("data"), "data is mandatory"))
        return found

    def validate_update(self, obj: ControllerRevision, old: ControllerRevision) -> list[FieldError]:
        found = validate_nonnegative(obj.revision, Path("revision"))
        return found + validate_immutable(obj.data, old.data, Path("data"))
