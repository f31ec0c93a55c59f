"""Selectors of one key or field, shared by volumes and environment variables.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.types import APIModel, Int32, Quantity, always, wire


class KeyToPath(APIModel):
    """Puts one key into a file."""

    key: Annotated[str, wire(1, "The key.")] = always("")
    path: Annotated[str, wire(2, "The path of its file, below the mount.")] = always("")
    mode: Annotated[Int32 | None, wire(3, "The mode of its file.")] = None


class ObjectFieldSelector(APIModel):
    """Names a field of the pod."""

    atomic = True

    apiVersion: Annotated[str, wire(1, "The API version in which the path is written: v1.")] = ""
    fieldPath: Annotated[str, wire(2, "The path of the field, such as metadata.name or status.podIP.")] = always("")


class ResourceFieldSelector(APIModel):
    """Names a request or limit of a container."""

    atomic = True

    containerName: Annotated[str, wire(1, "The container; needed in volumes.")] = ""
    resource: Annotated[str, wire(2, "Which request or limit, such as limits.memory.")] = always("")
    divisor: Annotated[Quantity, wire(3, "The unit in which it is written.", required=False)] = always("0")


class FileKeySelector(APIModel):
    """One key of a file with environment variables."""

    atomic = True

    volumeName: Annotated[str, wire(1, "The volume that holds the file, an emptyDir.")] = always("")
    path: Annotated[str, wire(2, "The path of the file in the volume.")] = always("")
    key: Annotated[str, wire(3, "The key in the file.")] = always("")
    optional: Annotated[bool | None, wire(4, "Whether the file or the key may be absent.")] = None


class ConfigMapKeySelector(APIModel):
    """One key of a ConfigMap."""

    atomic = True

    name: Annotated[str, wire(1, "The name of the ConfigMap.", inline=(1,))] = ""
    key: Annotated[str, wire(2, "The key.")] = always("")
    optional: Annotated[bool | None, wire(3, "Whether the ConfigMap or the key may be absent.")] = None


class SecretKeySelector(APIModel):
    """One key of a Secret."""

    atomic = True

    name: Annotated[str, wire(1, "The name of the Secret.", inline=(1,))] = ""
    key: Annotated[str, wire(2, "The key.")] = always("")
    optional: Annotated[bool | None, wire(3, "Whether the Secret or the key may be absent.")] = None
