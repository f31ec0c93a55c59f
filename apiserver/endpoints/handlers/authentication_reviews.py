"""TokenReview and SelfSubjectReview: whose token this is, and who I am.

Called by the router. They call the authenticator; nothing is stored. Source: authentication.k8s.io/v1.
"""

from __future__ import annotations

from apiserver.authn.request import Authenticator
from apiserver.authn.user import User
from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.handlers.decoding import decode_body
from apiserver.endpoints.options import write_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.views import object_body
from kube.api.authentication_v1 import TokenReview, TokenReviewStatus, UserInfo
from kube.apimachinery.errors import BadRequest, Unauthorized
from kube.apimachinery.times import format_time
from kube.jwt import InvalidToken


def user_info(user: User) -> UserInfo:
    """A user as the API shows it."""
    extra = {key: list(values) for key, values in user.extra.items()}
    return UserInfo(username=user.name, uid=user.uid, groups=list(user.groups), extra=extra)


async def self_subject_review(endpoint: Endpoint, request: Request) -> Response:
    """201 with the user that makes the request."""
    options = write_options("CreateOptions", request.query, request.raw_query)
    review = await decode_body(endpoint, request, options.field_validation)
    review.metadata.creationTimestamp = format_time(endpoint.store.clock.now())
    review.status.userInfo = user_info(request.user)
    return Response(object_body(endpoint.resource, review.to_json(), request.output, ""), 201)


async def token_review(endpoint: Endpoint, request: Request) -> Response:
    """201 with what the token says."""
    options = write_options("CreateOptions", request.query, request.raw_query)
    review: TokenReview = await decode_body(endpoint, request, options.field_validation)
    if not review.spec.token:
        raise BadRequest("token is required for TokenReview in authentication")
    review.status = await _judge(endpoint.services["authenticator"], review)
    return Response(object_body(endpoint.resource, review.to_json(), request.output, ""), 201)


async def _judge(authenticator: Authenticator, review: TokenReview) -> TokenReviewStatus:
    token, accounts = review.spec.token, authenticator.service_accounts
    if accounts is not None and accounts.is_ours(token):
        try:
            user, audiences, _ = await accounts.authenticate(token, review.spec.audiences)
        except InvalidToken as error:
            return TokenReviewStatus(error=f"[invalid bearer token, {error}]")
        return TokenReviewStatus(authenticated=True, user=user_info(user), audiences=audiences)
    try:
        user = await authenticator.user_of_token(token)
    except Unauthorized:
        return TokenReviewStatus(error="invalid bearer token")
    return TokenReviewStatus(authenticated=True, user=user_info(user), audiences=review.spec.audiences)
