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
    count: Annotated[Int32, wire(1)] = always(0)
    lastObservedTime: Annotated[MicroTime | None, wire(2, required=True)] = always(None)


class Event(Object):
    """Something that happened to an object."""

    eventTime: Annotated[MicroTime | None, wire(2, required=True)] = always(None)
    series: Annotated[EventSeries | None, wire(3)] = None
    reportingController: Annotated[str, wire(4)] = ""
    reportingInstance: Annotated[str, wire(5, required=False)] = ""
    action: Annotated[str, wire(6)] = ""
    reason: Annotated[str, wire(7)] = ""
    regarding: Annotated[ObjectReference, wire(8)] = always(ObjectReference)
    related: Annotated[ObjectReference | None, wire(9)] = None
    note: Annotated[str, wire(10)] = ""
    type: Annotated[str, wire(11)] = ""
    deprecatedSource: Annotated[EventSource, wire(12)] = always(EventSource)
    deprecatedFirstTimestamp: Annotated[Time | None, wire(13)] = always(None)
    deprecatedLastTimestamp: Annotated[Time | None, wire(14)] = always(None)
    deprecatedCount: Annotated[Int32, wire(15)] = 0
