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
        wire(
            2,
            "Secrets that belong to the account; pods need not be listed here to use others.",
            patch_strategy="merge",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
    ] = []
    imagePullSecrets: Annotated[
        list[LocalObjectReference], wire(3, "Secrets with which images of its pods are pulled.", list_type="atomic")
    ] = []
    automountServiceAccountToken: Annotated[
        bool | None, wire(4, "Whether its pods find a token mounted, unless they say otherwise.")
    ] = None
