"""TokenRequest: a token for a service account, bound to a pod where one is named.

Called by the router for `serviceaccounts/NAME/token`. It calls the issuer and the stores of what tokens are bound to.
Source: KEP-1205, kubernetes pkg/registry/core/serviceaccount/storage/token.go.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from apiserver.admission.interface import Attributes
from apiserver.authn.service_account import BoundObject, TokenIssuer
from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.handlers.decoding import check_namespace
from apiserver.endpoints.options import write_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.views import object_body
from kube.api.authentication_v1 import BoundObjectReference, TokenRequest
from kube.apimachinery import errors
from kube.apimachinery.codec import decode
from kube.apimachinery.errors import BadRequest, Conflict, NotFound, Path
from kube.apimachinery.meta_v1 import StatusDetails
from kube.apimachinery.scheme import Resource
from kube.apimachinery.times import format_time

_TOKEN_REQUEST = Resource("authentication.k8s.io", "v1", "TokenRequest", "tokenrequests", TokenRequest)
_DEFAULT_SECONDS, _LEAST, _MOST = 3600, 600, 1 << 32
_BOUND = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


async def create(endpoint: Endpoint, request: Request) -> Response:
    """201 with the token in its status."""
    options = write_options("CreateOptions", request.query, request.raw_query)
    decoded = decode(await request.body(), request.content_type, _TOKEN_REQUEST, options.field_validation)  # type: ignore[arg-type]
    request.warnings += decoded.warnings
    wanted: TokenRequest = decoded.object
    namespace, name = request.info.namespace, request.info.name
    check_namespace(endpoint, wanted, namespace)
    account = await endpoint.store.get_object(namespace, name)
    if wanted.metadata.name and wanted.metadata.name != name:
        raise BadRequest(f"the name of the object ({wanted.metadata.name}) does not match the name on the URL ({name})")
    asked = Attributes(endpoint.resource, "token", namespace, name, "CREATE", request.user, options.dry_run)
    await endpoint.store.admission.admit(asked, wanted)
    config = endpoint.services["config"]
    if wanted.spec.expirationSeconds is None:
        wanted.spec.expirationSeconds = _DEFAULT_SECONDS
    if not wanted.spec.audiences:
        wanted.spec.audiences = list(config.api_audiences or (config.service_account_issuer,))
    _validate(wanted)
    bound, node = await _bound(endpoint, namespace, name, wanted.spec.boundObjectRef)
    issuer: TokenIssuer | None = endpoint.services["issuer"]
    if issuer is None:
        raise NotFound("the server could not find the requested resource", StatusDetails())
    if not options.dry_run:
        issued = issuer.issue(
            namespace, name, account.metadata.uid, wanted.spec.audiences, wanted.spec.expirationSeconds, bound, node
        )
        wanted.status.token = issued.token
        wanted.status.expirationTimestamp = format_time(datetime.fromtimestamp(issued.expiration, UTC))
    meta = wanted.metadata
    meta.name, meta.namespace, meta.uid = name, namespace, account.metadata.uid
    meta.creationTimestamp = format_time(endpoint.store.clock.now())
    return Response(object_body(_TOKEN_REQUEST, wanted.to_json(), request.output, ""), 201)


def _validate(wanted: TokenRequest) -> None:
    seconds, path = wanted.spec.expirationSeconds or 0, Path("spec")["expirationSeconds"]
    found = []
    if seconds < _LEAST:
        found.append(errors.invalid_value(path, seconds, "may not specify a duration less than 10 minutes"))
    if seconds > _MOST:
        found.append(errors.invalid_value(path, seconds, "may not specify a duration larger than 2^32 seconds"))
    if found:
        raise errors.invalid(_TOKEN_REQUEST, "", found)


async def _bound(
    endpoint: Endpoint, namespace: str, account: str, reference: BoundObjectReference | None
) -> tuple[BoundObject | None, BoundObject | None]:
    """(what the token is bound to, the node of the pod it is bound to). Raises BadRequest, Conflict, NotFound."""
    if reference is None:
        return None, None
    plural = _BOUND.get(reference.kind) if reference.apiVersion == "v1" else None
    if plural is None:
        group, _, version = reference.apiVersion.rpartition("/")
        raise BadRequest(f"cannot bind token to object of type {group}/{version}, Kind={reference.kind}")
    stores = endpoint.services["stores"]
    thing = await stores[plural].get_object("" if plural == "nodes" else namespace, reference.name)
    if plural == "pods" and thing.spec.serviceAccountName != account:
        raise BadRequest(
            f'cannot bind token for serviceaccount "{account}" to pod running with different serviceaccount name.'
        )
    if reference.uid and reference.uid != thing.metadata.uid:
        raise _other_uid(reference)
    node = await _node_of(stores, thing) if plural == "pods" else None
    return BoundObject(reference.kind.lower(), reference.name, thing.metadata.uid), node


def _other_uid(reference: BoundObjectReference) -> Conflict:
    text = (
        f'Operation cannot be fulfilled on {reference.kind} "{reference.name}": the UID in the bound object reference '
        f"({reference.uid}) does not match the UID in record. The object might have been deleted and then recreated"
    )
    return Conflict(text, StatusDetails(name=reference.name, kind=reference.kind))


async def _node_of(stores: Any, pod: Any) -> BoundObject | None:
    if not pod.spec.nodeName:
        return None
    try:
        node = await stores["nodes"].get_object("", pod.spec.nodeName, revision=0)
    except NotFound:
        return None
    return BoundObject("node", node.metadata.name, node.metadata.uid)
