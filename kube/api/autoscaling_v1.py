"""autoscaling/v1: Scale, the subresource of everything that has replicas.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, Int32, always, wire


class ScaleSpec(APIModel):
    """How many replicas there shall be."""

    replicas: Annotated[Int32, wire(1, "How many there shall be.")] = 0


class ScaleStatus(APIModel):
    """How many replicas there are."""

    replicas: Annotated[Int32, wire(1, "How many there are.")] = always(0)
    selector: Annotated[str, wire(2, "Which pods are counted.")] = ""


class Scale(Object):
    """How many replicas something has and shall have."""

    spec: Annotated[ScaleSpec, wire(2, "How many replicas there shall be.")] = always(ScaleSpec)
    status: Annotated[ScaleStatus, wire(3, "How many replicas there are.")] = always(ScaleStatus)
