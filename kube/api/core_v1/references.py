"""References from one object to another.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.types import UID, APIModel, always, wire


class ObjectReference(APIModel):
    """Enough to find another object."""

    atomic = True

    kind: Annotated[str, wire(1, "The kind of the object.")] = ""
    namespace: Annotated[str, wire(2, "The namespace of the object.")] = ""
    name: Annotated[str, wire(3, "The name of the object.")] = ""
    uid: Annotated[UID, wire(4, "The uid of the object, which tells it from a namesake.")] = ""
    apiVersion: Annotated[str, wire(5, "The API version of the object.")] = ""
    resourceVersion: Annotated[str, wire(6, "The version of the object that is meant.")] = ""
    fieldPath: Annotated[str, wire(7, "The part of the object that is meant, such as spec.containers{web}.")] = ""


class LocalObjectReference(APIModel):
    """Names an object of the same namespace."""

    atomic = True

    name: Annotated[str, wire(1, "The name of an object in the same namespace.")] = ""


class TypedLocalObjectReference(APIModel):
    """Names an object of any kind in the same namespace."""

    atomic = True

    apiGroup: Annotated[
        str | None, wire(1, "The API group of the object; without it the kind must be one of the core group.")
    ] = always(None)
    kind: Annotated[str, wire(2, "The kind of the object.")] = always("")
    name: Annotated[str, wire(3, "The name of the object.")] = always("")


class TypedObjectReference(APIModel):
    """Names an object of any kind, possibly in another namespace."""

    apiGroup: Annotated[
        str | None, wire(1, "The API group of the object; without it the kind must be one of the core group.")
    ] = always(None)
    kind: Annotated[str, wire(2, "The kind of the object.")] = always("")
    name: Annotated[str, wire(3, "The name of the object.")] = always("")
    namespace: Annotated[
        str | None, wire(4, "The namespace of the object; another one has to allow it with a ReferenceGrant.")
    ] = None
