"""ConfigMap and Secret.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import SecretType
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import Bytes, wire


class ConfigMap(Object):
    """Configuration for pods."""

    immutable: Annotated[bool | None, wire(4, "Data cannot be changed any more.")] = None
    data: Annotated[dict[str, str], wire(2, "Text by key.")] = {}
    binaryData: Annotated[dict[str, Bytes], wire(3, "Bytes by key.")] = {}


class Secret(Object):
    """Configuration for pods that is not for all eyes."""

    immutable: Annotated[bool | None, wire(5, "Data cannot be changed any more.")] = None
    data: Annotated[dict[str, Bytes], wire(2, "Bytes by key.")] = {}
    stringData: Annotated[dict[str, str], wire(4, "Text that is put into data on writing; never read back.")] = {}
    type: Annotated[SecretType, wire(3, "What the data is for.")] = ""
