"""ConfigMap and Secret. Types only; see `kube.apimachinery.types` for how to read them."""

from typing import Annotated

from kube.api.core_v1.enums import SecretType
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import Bytes, wire


class ConfigMap(Object):
    immutable: Annotated[bool | None, wire(4)] = None
    data: Annotated[dict[str, str], wire(2)] = {}
    binaryData: Annotated[dict[str, Bytes], wire(3)] = {}


class Secret(Object):
    immutable: Annotated[bool | None, wire(5)] = None
    data: Annotated[dict[str, Bytes], wire(2)] = {}
    stringData: Annotated[dict[str, str], wire(4)] = {}
    type: Annotated[SecretType, wire(3)] = ""
