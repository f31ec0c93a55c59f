"""What is wrong with an Event, in Kubernetes' words and order.

Called by the strategies of core/v1 and of events.k8s.io/v1, always with the core form. It calls the shared rules for
names. core/v1 stays as lenient as it was before there was another; what is written through events.k8s.io, or has an
`eventTime`, must be complete. Source: kubernetes pkg/apis/core/validation/events.go.
"""

from __future__ import annotations

from apiserver.registry.validation.names import validate_dns_subdomain, validate_qualified_name
from kube.api.core_v1 import Event
from kube.apimachinery.errors import FieldError, Path, invalid_value, required
from kube.apimachinery.validation import validate_immutable

MAX_NAME, MAX_NOTE = 128, 1024
_FIXED = (
    "involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "type", "eventTime",
    "action", "related",
)  # fmt: skip


def validate_event(event: Event, *, new_api: bool) -> list[FieldError]:
    controller = Path("reportingController" if new_api else "reportingComponent")
    found = _validate_namespace(event)
    if event.eventTime is not None:
        found += _validate_complete(event, controller)
    found += validate_dns_subdomain(event.metadata.namespace, Path("namespace"))
    return found + _validate_new_api(event) if new_api else found


def validate_event_update(event: Event, old: Event, *, new_api: bool) -> list[FieldError]:
    """Through events.k8s.io only the series of an event may grow."""
    if not new_api:
        return validate_event(event, new_api=False)
    controller = Path("reportingController")
    found = _validate_namespace(event)
    if event.eventTime is not None:
        found += _validate_complete(event, controller)
    if event.series != old.series:
        found += _validate_series(event)
    for field in _FIXED:
        found += validate_immutable(getattr(event, field), getattr(old, field), Path(field))
    found += validate_immutable(event.reportingComponent, old.reportingComponent, controller)
    return found + validate_immutable(event.reportingInstance, old.reportingInstance, Path("reportingInstance"))


def _validate_namespace(event: Event) -> list[FieldError]:
    """An event lies where its object does; about objects without a namespace, in `default`."""
    about, own = event.involvedObject.namespace, event.metadata.namespace
    if event.eventTime is None:
        agrees = own == about if about else own in ("", "default")
    else:
        agrees = bool(about) or own in ("default", "kube-system")
    if agrees:
        return []
    return [invalid_value(Path("involvedObject")["namespace"], about, "does not match event.namespace")]


def _validate_complete(event: Event, controller: Path) -> list[FieldError]:
    found = [] if event.reportingComponent else [required(controller)]
    found += validate_qualified_name(event.reportingComponent, controller)
    for field in ("reportingInstance", "action", "reason"):
        text = getattr(event, field)
        if not text:
            found.append(required(Path(field)))
        found += _validate_length(text, MAX_NAME, Path(field))
    return found + _validate_length(event.message, MAX_NOTE, Path("message"))


def _validate_length(text: str, most: int, path: Path) -> list[FieldError]:
    """The text itself is not repeated."""
    return [invalid_value(path, "", f"can have at most {most} characters")] if len(text.encode()) > most else []


def _validate_new_api(event: Event) -> list[FieldError]:
    found = _validate_series(event)
    if event.eventTime is None:
        found.append(required(Path("eventTime")))
    if event.type not in ("Normal", "Warning"):
        found.append(invalid_value(Path("type"), "", f"has invalid value: {event.type}"))
    unused = {
        "firstTimestamp": event.firstTimestamp,
        "lastTimestamp": event.lastTimestamp,
        "count": event.count,
        "source": event.source.component or event.source.host,
    }
    return found + [invalid_value(Path(f), "", "needs to be unset") for f, value in unused.items() if value]


def _validate_series(event: Event) -> list[FieldError]:
    if event.series is None:
        return []
    found = []
    if event.series.count < 2:
        found.append(invalid_value(Path("series")["count"], "", "should be at least 2"))
    if event.series.lastObservedTime is None:
        found.append(required(Path("series")["lastObservedTime"]))
    return found
