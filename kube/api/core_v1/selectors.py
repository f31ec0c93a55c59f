"""Selectors of one key or field, shared by volumes and environment variables.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.types import APIModel, Int32, Quantity, always, wire


class KeyToPath(APIModel):
    key: Annotated[str, wire(1, "The key.")] = always("")
    path: Annotated[str, wire(2, "The path of its file, below the mount.")] = always("")
    mode: Annotated[Int32 | None, wire(3, "The mode of its file.")] = None


class ObjectFieldSelector(APIModel):
    atomic = True

    apiVersion: Annotated[str, wire(1, "The API version in which the path is written: v1.")] = ""
    fieldPath: Annotated[str, wire(2, "The path of the field, such as metadata.name or status.podIP.")] = always("")


class ResourceFieldSelector(APIModel):
    atomic = True

    containerName: Annotated[str, wire(1, "The container; needed in volumes.")] = ""
    resource: Annotated[str, wire(2, "Which request or limit, such as limits.memory.")] = always("")
    divisor: Annotated[Quantity, wire(3, "The unit in which it is written.", required=False)] = always("0")


class FileKeySelector(APIModel):
    atomic = True

    volumeName: Annotated[str, wire(1)] = always("")
    path: Annotated[str, wire(2)] = always("")
    key: Annotated[str, wire(3)] = always("")
    optional: Annotated[bool | None, wire(4)] = None


class ConfigMapKeySelector(APIModel):
    atomic = True

    name: Annotated[str, wire(1, "The name of the ConfigMap.", inline=(1,))] = ""
    key: Annotated[str, wire(2, "The key.")] = always("")
    optional: Annotated[bool | None, wire(3, "Whether the ConfigMap or the key may be absent.")] = None


class SecretKeySelector(APIModel):
    atomic = True

    name: Annotated[str, wire(1, "The name of the Secret.", inline=(1,))] = ""
    key: Annotated[str, wire(2, "The key.")] = always("")
    optional: Annotated[bool | None, wire(3, "Whether the Secret or the key may be absent.")] = None
