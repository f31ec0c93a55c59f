"""References from one object to another.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.types import UID, APIModel, always, wire


class ObjectReference(APIModel):
    atomic = True

    kind: Annotated[str, wire(1)] = ""
    namespace: Annotated[str, wire(2)] = ""
    name: Annotated[str, wire(3)] = ""
    uid: Annotated[UID, wire(4)] = ""
    apiVersion: Annotated[str, wire(5)] = ""
    resourceVersion: Annotated[str, wire(6)] = ""
    fieldPath: Annotated[str, wire(7)] = ""


class LocalObjectReference(APIModel):
    atomic = True

    name: Annotated[str, wire(1)] = ""


class TypedLocalObjectReference(APIModel):
    atomic = True

    apiGroup: Annotated[str | None, wire(1)] = always(None)
    kind: Annotated[str, wire(2)] = always("")
    name: Annotated[str, wire(3)] = always("")


class TypedObjectReference(APIModel):
    apiGroup: Annotated[str | None, wire(1)] = always(None)
    kind: Annotated[str, wire(2)] = always("")
    name: Annotated[str, wire(3)] = always("")
    namespace: Annotated[str | None, wire(4)] = None
