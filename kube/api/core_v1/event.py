"""Event of core/v1, what `kubectl get events` shows.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.references import ObjectReference
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, Int32, MicroTime, Time, always, wire


class EventSource(APIModel):
    """The component that reported an event."""

    component: Annotated[str, wire(1, "The name of the component.")] = ""
    host: Annotated[str, wire(2, "The node on which the component runs.")] = ""


class EventSeries(APIModel):
    """How often an event has happened again, and when last."""

    count: Annotated[Int32, wire(1, "How many times it was seen, up to the last heartbeat.")] = 0
    lastObservedTime: Annotated[MicroTime | None, wire(2, "When it was last seen.")] = always(None)


class Event(Object):
    """Something that happened to an object."""

    involvedObject: Annotated[ObjectReference, wire(2, "The object that the event is about.", required=True)] = always(
        ObjectReference
    )
    reason: Annotated[str, wire(3, "Why it happened, in one word, such as FailedScheduling.")] = ""
    message: Annotated[str, wire(4, "What happened, for people to read.")] = ""
    source: Annotated[EventSource, wire(5, "The component that saw it.")] = always(EventSource)
    firstTimestamp: Annotated[Time | None, wire(6, "When it was first seen.")] = always(None)
    lastTimestamp: Annotated[Time | None, wire(7, "When it was last seen.")] = always(None)
    count: Annotated[Int32, wire(8, "How many times it was seen.")] = 0
    type: Annotated[str, wire(9, "Normal or Warning.")] = ""
    eventTime: Annotated[MicroTime | None, wire(10, "When it was first seen, to the microsecond.")] = always(None)
    series: Annotated[EventSeries | None, wire(11, "How it went on, for an event that repeats.")] = None
    action: Annotated[str, wire(12, "What was done, or failed to be done.")] = ""
    related: Annotated[ObjectReference | None, wire(13, "A second object that the event concerns.")] = None
    reportingComponent: Annotated[str, wire(14, "The controller that reports it.", required=False)] = always("")
    reportingInstance: Annotated[str, wire(15, "Which instance of the controller reports it.", required=False)] = (
        always("")
    )
