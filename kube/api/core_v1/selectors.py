"""Selectors of one key or field, shared by volumes and environment variables.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.types import APIModel, Int32, Quantity, always, wire


class KeyToPath(APIModel):
    key: Annotated[str, wire(1)] = always("")
    path: Annotated[str, wire(2)] = always("")
    mode: Annotated[Int32 | None, wire(3)] = None


class ObjectFieldSelector(APIModel):
    atomic = True

    apiVersion: Annotated[str, wire(1)] = ""
    fieldPath: Annotated[str, wire(2)] = always("")


class ResourceFieldSelector(APIModel):
    atomic = True

    containerName: Annotated[str, wire(1)] = ""
    resource: Annotated[str, wire(2)] = always("")
    divisor: Annotated[Quantity, wire(3, required=False)] = always("0")


class FileKeySelector(APIModel):
    atomic = True

    volumeName: Annotated[str, wire(1)] = always("")
    path: Annotated[str, wire(2)] = always("")
    key: Annotated[str, wire(3)] = always("")
    optional: Annotated[bool | None, wire(4)] = None


class ConfigMapKeySelector(APIModel):
    atomic = True

    name: Annotated[str, wire(1, inline=(1,))] = ""
    key: Annotated[str, wire(2)] = always("")
    optional: Annotated[bool | None, wire(3)] = None


class SecretKeySelector(APIModel):
    atomic = True

    name: Annotated[str, wire(1, inline=(1,))] = ""
    key: Annotated[str, wire(2)] = always("")
    optional: Annotated[bool | None, wire(3)] = None
