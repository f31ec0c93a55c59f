"""ServiceAccount.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.references import LocalObjectReference, ObjectReference
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import wire


class ServiceAccount(Object):
    """Whom a pod speaks for at the API."""

    secrets: Annotated[
        list[ObjectReference],
        wire(2, patch_strategy="merge", merge_key="name", list_type="map", list_map_keys=("name",)),
    ] = []
    imagePullSecrets: Annotated[list[LocalObjectReference], wire(3, list_type="atomic")] = []
    automountServiceAccountToken: Annotated[bool | None, wire(4)] = None
