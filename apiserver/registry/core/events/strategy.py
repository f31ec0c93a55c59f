"""The strategy of Events of core/v1: they go by themselves after `--event-ttl`.

Called by the generic store. It calls its validation. The other face of the same events is in
`apiserver.registry.events.events`. Source: kubernetes pkg/registry/core/event/strategy.go.
"""

from __future__ import annotations

from apiserver.registry.core.events.validation import validate_event, validate_event_update
from apiserver.registry.generic.strategy import Strategy
from kube.api.core_v1 import Event, ObjectReference
from kube.apimachinery.errors import FieldError
from kube.apimachinery.validation import name_is_path_segment

TTL = 3600
REFERENCE_FIELDS = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


class EventStrategy(Strategy[Event]):
    allow_create_on_update = True
    garbage_collected = False
    field_labels = frozenset({f"involvedObject.{f}" for f in REFERENCE_FIELDS}) | {
        "reason", "reportingComponent", "source", "type",
    }  # fmt: skip

    def __init__(self, ttl: int = TTL):
        self.ttl = ttl

    def validate_name(self, name: str, prefix: bool = False) -> list[str]:
        """Clients have always made names of their own sort."""
        return name_is_path_segment(name, prefix)

    def validate(self, obj: Event) -> list[FieldError]:
        return validate_event(obj, new_api=False)

    def validate_update(self, obj: Event, old: Event) -> list[FieldError]:
        return validate_event_update(obj, old, new_api=False)

    def fields(self, obj: Event) -> dict[str, str]:
        return reference_fields("involvedObject", obj.involvedObject) | {
            "reason": obj.reason,
            "reportingComponent": obj.reportingComponent,
            "source": obj.source.component or obj.reportingComponent,
            "type": obj.type,
        }


def reference_fields(prefix: str, reference: ObjectReference) -> dict[str, str]:
    return {f"{prefix}.{field}": getattr(reference, field) for field in REFERENCE_FIELDS}
