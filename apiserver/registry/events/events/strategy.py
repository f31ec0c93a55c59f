"""The strategy of Events of events.k8s.io/v1, the newer face of the Events of core/v1.

Called by the generic store, which reads and writes through `core.events.view`. It calls the validation of core Events.
Source: kubernetes pkg/registry/core/event/strategy.go, pkg/apis/events.
"""

from __future__ import annotations

from apiserver.registry.core.events.conversion import to_core
from apiserver.registry.core.events.strategy import REFERENCE_FIELDS, TTL, reference_fields
from apiserver.registry.core.events.validation import validate_event, validate_event_update
from apiserver.registry.generic.strategy import Strategy
from kube.api import scheme
from kube.api.core_v1 import Event as CoreEvent
from kube.api.events_v1 import Event
from kube.apimachinery import errors
from kube.apimachinery.errors import FieldError


class NewEventStrategy(Strategy[Event]):
    allow_create_on_update = True
    garbage_collected = False
    field_labels = frozenset({f"regarding.{f}" for f in REFERENCE_FIELDS}) | {"reason", "reportingController", "type"}

    def __init__(self, ttl: int = TTL):
        self.ttl = ttl

    def validate(self, obj: Event) -> list[FieldError]:
        return _as_core(obj, validate_event(to_core(obj), new_api=True))

    def validate_update(self, obj: Event, old: Event) -> list[FieldError]:
        return _as_core(obj, validate_event_update(to_core(obj), to_core(old), new_api=True))

    def fields(self, obj: Event) -> dict[str, str]:
        return reference_fields("regarding", obj.regarding) | {
            "reason": obj.reason,
            "reportingController": obj.reportingController,
            "type": obj.type,
        }


def _as_core(event: Event, found: list[FieldError]) -> list[FieldError]:
    """Kubernetes speaks of the core Event here, as it does of its fields. Raises Invalid when anything is wrong."""
    if found:
        raise errors.invalid(scheme.by_type(CoreEvent), event.metadata.name, found)
    return []
