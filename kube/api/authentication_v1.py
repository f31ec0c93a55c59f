"""authentication.k8s.io/v1: who somebody is.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import UID, APIModel, Int64, Time, always, wire


class UserInfo(APIModel):
    username: Annotated[str, wire(1, "The user's name.")] = ""
    uid: Annotated[str, wire(2, "What tells the user from a namesake.")] = ""
    groups: Annotated[list[str], wire(3, "The groups that the user is in.", list_type="atomic")] = []
    extra: Annotated[dict[str, list[str]], wire(4, "What else the authenticator knows.")] = {}


class SelfSubjectReviewStatus(APIModel):
    userInfo: Annotated[UserInfo, wire(1, "The user, as the server knows them.")] = always(UserInfo)


class SelfSubjectReview(Object):
    """Asks who one is."""

    status: Annotated[SelfSubjectReviewStatus, wire(2, "Who asks.")] = always(SelfSubjectReviewStatus)


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
    token: Annotated[str, wire(1, "The token.")] = always("")
    audiences: Annotated[
        list[str], wire(2, "Who wants to accept the token; the API server by default.", list_type="atomic")
    ] = []


class TokenReviewStatus(APIModel):
    authenticated: Annotated[bool, wire(1, "Whether the token is good.")] = False
    user: Annotated[UserInfo, wire(2, "Whose it is.")] = always(UserInfo)
    audiences: Annotated[
        list[str], wire(4, "Who may accept it, of those that were asked about.", list_type="atomic")
    ] = []
    error: Annotated[str, wire(3, "Why it could not be looked at.")] = ""


class TokenReview(Object):
    """Asks whose token it is."""

    spec: Annotated[TokenReviewSpec, wire(2, "The token to look at.", required=True)] = always(TokenReviewSpec)
    status: Annotated[TokenReviewStatus, wire(3, "Whose it is.")] = always(TokenReviewStatus)
