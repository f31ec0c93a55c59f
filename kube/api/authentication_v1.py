"""authentication.k8s.io/v1: who somebody is.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import UID, APIModel, Int64, Time, always, wire


class UserInfo(APIModel):
    username: Annotated[str, wire(1)] = ""
    uid: Annotated[str, wire(2)] = ""
    groups: Annotated[list[str], wire(3, list_type="atomic")] = []
    extra: Annotated[dict[str, list[str]], wire(4)] = {}


class SelfSubjectReviewStatus(APIModel):
    userInfo: Annotated[UserInfo, wire(1)] = always(UserInfo)


class SelfSubjectReview(Object):
    """Asks who one is."""

    status: Annotated[SelfSubjectReviewStatus, wire(2)] = always(SelfSubjectReviewStatus)


class BoundObjectReference(APIModel):
    kind: Annotated[str, wire(1)] = ""
    apiVersion: Annotated[str, wire(2)] = ""
    name: Annotated[str, wire(3)] = ""
    uid: Annotated[UID, wire(4)] = ""


class TokenRequestSpec(APIModel):
    audiences: Annotated[list[str], wire(1, list_type="atomic")] = []
    expirationSeconds: Annotated[Int64 | None, wire(4)] = always(None)
    boundObjectRef: Annotated[BoundObjectReference | None, wire(3)] = always(None)


class TokenRequestStatus(APIModel):
    token: Annotated[str, wire(1)] = ""
    expirationTimestamp: Annotated[Time | None, wire(2)] = always(None)


class TokenRequest(Object):
    """Asks for a service account's token."""

    spec: Annotated[TokenRequestSpec, wire(2)] = always(TokenRequestSpec)
    status: Annotated[TokenRequestStatus, wire(3)] = always(TokenRequestStatus)


class TokenReviewSpec(APIModel):
    token: Annotated[str, wire(1)] = always("")
    audiences: Annotated[list[str], wire(2, list_type="atomic")] = []


class TokenReviewStatus(APIModel):
    authenticated: Annotated[bool, wire(1)] = False
    user: Annotated[UserInfo, wire(2)] = always(UserInfo)
    audiences: Annotated[list[str], wire(4, list_type="atomic")] = []
    error: Annotated[str, wire(3)] = ""


class TokenReview(Object):
    """Asks whose token it is."""

    spec: Annotated[TokenReviewSpec, wire(2, required=True)] = always(TokenReviewSpec)
    status: Annotated[TokenReviewStatus, wire(3)] = always(TokenReviewStatus)
