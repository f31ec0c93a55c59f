"""events.k8s.io/v1: Event, the newer face of the same events.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.event import EventSource
from kube.api.core_v1.references import ObjectReference
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, Int32, MicroTime, Time, always, wire


class EventSeries(APIModel):
    """How often an event has happened again, and when last."""

    count: Annotated[Int32, wire(1, "How many times it was seen, up to the last heartbeat.")] = always(0)
    lastObservedTime: Annotated[MicroTime | None, wire(2, "When it was last seen.", required=True)] = always(None)


class Event(Object):
    """Something that happened to an object."""

    eventTime: Annotated[MicroTime | None, wire(2, "When it was first seen, to the microsecond.", required=True)] = (
        always(None)
    )
    series: Annotated[EventSeries | None, wire(3, "How it went on, for an event that repeats.")] = None
    reportingController: Annotated[str, wire(4, "The controller that reports it.")] = ""
    reportingInstance: Annotated[str, wire(5, "Which instance of the controller reports it.", required=False)] = ""
    action: Annotated[str, wire(6, "What was done, or failed to be done.")] = ""
    reason: Annotated[str, wire(7, "Why it happened, in one word, such as FailedScheduling.")] = ""
    regarding: Annotated[ObjectReference, wire(8, "The object that the event is about.")] = always(ObjectReference)
    related: Annotated[ObjectReference | None, wire(9, "A second object that the event concerns.")] = None
    note: Annotated[str, wire(10, "What happened, for people to read.")] = ""
    type: Annotated[str, wire(11, "Normal or Warning.")] = ""
    deprecatedSource: Annotated[EventSource, wire(12, "For events that came by core/v1: their source.")] = always(
        EventSource
    )
    deprecatedFirstTimestamp: Annotated[Time | None, wire(13, "For events that came by core/v1: when first seen.")] = (
        always(None)
    )
    deprecatedLastTimestamp: Annotated[Time | None, wire(14, "For events that came by core/v1: when last seen.")] = (
        always(None)
    )
    deprecatedCount: Annotated[Int32, wire(15, "For events that came by core/v1: how many times seen.")] = 0
