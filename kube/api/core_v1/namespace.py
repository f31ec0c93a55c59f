"""Namespace.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import ConditionStatus, FinalizerName, NamespaceConditionType, NamespacePhase
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, Time, always, wire


class NamespaceSpec(APIModel):
    """Who must act before a namespace may go."""

    finalizers: Annotated[list[FinalizerName], wire(1, "Who must act before it may go.", list_type="atomic")] = []


class NamespaceCondition(APIModel):
    """One aspect of a namespace's current state; all are about its end."""

    type: Annotated[NamespaceConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastTransitionTime: Annotated[Time | None, wire(4, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(5, "Why, in one word.")] = ""
    message: Annotated[str, wire(6, "Why, for people to read.")] = ""


class NamespaceStatus(APIModel):
    """Whether a namespace is in use or on its way out."""

    phase: Annotated[NamespacePhase, wire(1, "Active or Terminating.")] = ""
    conditions: Annotated[
        list[NamespaceCondition],
        wire(
            2,
            "What the deletion of its content meets with.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []


class Namespace(Object):
    """A room for names."""

    spec: Annotated[NamespaceSpec, wire(2, "How the namespace ends.")] = always(NamespaceSpec)
    status: Annotated[NamespaceStatus, wire(3, "Whether it is in use or going.")] = always(NamespaceStatus)
