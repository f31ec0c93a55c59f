"""Event of core/v1, what `kubectl get events` shows.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.references import ObjectReference
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, Int32, MicroTime, Time, always, wire


class EventSource(APIModel):
    component: Annotated[str, wire(1)] = ""
    host: Annotated[str, wire(2)] = ""


class EventSeries(APIModel):
    count: Annotated[Int32, wire(1)] = 0
    lastObservedTime: Annotated[MicroTime | None, wire(2)] = always(None)


class Event(Object):
    """Something that happened to an object."""

    involvedObject: Annotated[ObjectReference, wire(2, required=True)] = always(ObjectReference)
    reason: Annotated[str, wire(3)] = ""
    message: Annotated[str, wire(4)] = ""
    source: Annotated[EventSource, wire(5)] = always(EventSource)
    firstTimestamp: Annotated[Time | None, wire(6)] = always(None)
    lastTimestamp: Annotated[Time | None, wire(7)] = always(None)
    count: Annotated[Int32, wire(8)] = 0
    type: Annotated[str, wire(9)] = ""
    eventTime: Annotated[MicroTime | None, wire(10)] = always(None)
    series: Annotated[EventSeries | None, wire(11)] = None
    action: Annotated[str, wire(12)] = ""
    related: Annotated[ObjectReference | None, wire(13)] = None
    reportingComponent: Annotated[str, wire(14, required=False)] = always("")
    reportingInstance: Annotated[str, wire(15, required=False)] = always("")
