"""authentication.k8s.io/v1: who somebody is.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import UID, APIModel, Int64, Time, always, wire


class UserInfo(APIModel):
    """A user, as the server knows them."""

    username: Annotated[str, wire(1, "The user's name.")] = ""
    uid: Annotated[str, wire(2, "What tells the user from a namesake.")] = ""
    groups: Annotated[list[str], wire(3, "The groups that the user is in.", list_type="atomic")] = []
    extra: Annotated[dict[str, list[str]], wire(4, "What else the authenticator knows.")] = {}


class SelfSubjectReviewStatus(APIModel):
    """Who asks."""

    userInfo: Annotated[UserInfo, wire(1, "The user, as the server knows them.")] = always(UserInfo)


class SelfSubjectReview(Object):
    """Asks who one is."""

    status: Annotated[SelfSubjectReviewStatus, wire(2, "Who asks.")] = always(SelfSubjectReviewStatus)


class BoundObjectReference(APIModel):
    """The object that a token is bound to."""

    kind: Annotated[str, wire(1, "The kind of the object: Pod, Secret or Node.")] = ""
    apiVersion: Annotated[str, wire(2, "The API version of the object.")] = ""
    name: Annotated[str, wire(3, "The name of the object.")] = ""
    uid: Annotated[UID, wire(4, "The UID of the object.")] = ""


class TokenRequestSpec(APIModel):
    """What token is asked for."""

    audiences: Annotated[
        list[str], wire(1, "Who shall accept the token; the API server by default.", list_type="atomic")
    ] = []
    expirationSeconds: Annotated[
        Int64 | None, wire(4, "For how long the token shall be good, an hour by default; the server may shorten it.")
    ] = always(None)
    boundObjectRef: Annotated[
        BoundObjectReference | None, wire(3, "An object without which the token is no longer good.")
    ] = always(None)


class TokenRequestStatus(APIModel):
    """The token that was made."""

    token: Annotated[str, wire(1, "The token.")] = ""
    expirationTimestamp: Annotated[Time | None, wire(2, "Until when the token is good.")] = always(None)


class TokenRequest(Object):
    """Asks for a service account's token."""

    spec: Annotated[TokenRequestSpec, wire(2, "What token is asked for.")] = always(TokenRequestSpec)
    status: Annotated[TokenRequestStatus, wire(3, "The token that was made.")] = always(TokenRequestStatus)


class TokenReviewSpec(APIModel):
    """The token to look at."""

    token: Annotated[str, wire(1, "The token.")] = always("")
    audiences: Annotated[
        list[str], wire(2, "Who wants to accept the token; the API server by default.", list_type="atomic")
    ] = []


class TokenReviewStatus(APIModel):
    """Whose a token is."""

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
