"""The two faces of an Event: core/v1 and events.k8s.io/v1 name the same fields differently.

Called by the strategy of events.k8s.io and by the view through which it reads and writes. It calls the types. Events
are stored as core/v1, which `kubectl get events` shows. Source: kubernetes pkg/apis/events/v1/conversion.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kube.api import events_v1
from kube.api.core_v1 import Event

TO_NEW = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
TO_CORE = {new: core for core, new in TO_NEW.items()}


def to_core(event: events_v1.Event) -> Event:
    return Event.from_dict(_renamed(event.to_dict(), TO_CORE, "v1"))


def to_new(event: Event) -> events_v1.Event:
    return events_v1.Event.from_dict(_renamed(event.to_dict(), TO_NEW, "events.k8s.io/v1"))


def _renamed(data: Mapping[str, Any], names: Mapping[str, str], api_version: str) -> dict[str, Any]:
    return {names.get(k, k): v for k, v in data.items()} | {"apiVersion": api_version}
