"""SubjectAccessReview and its relatives: may somebody do something, and what may I do at all.

Called by the router. They call the authorizer and RBAC; nothing is stored. Source: authorization.k8s.io/v1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apiserver.authn.user import User
from apiserver.authz.attributes import Attributes
from apiserver.endpoints.endpoint import Endpoint, write_of
from apiserver.endpoints.handlers.decoding import check_namespace, decode_body
from apiserver.endpoints.options import write_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.views import object_body
from kube.api.authorization_v1 import NonResourceRule, ResourceAttributes, ResourceRule, SubjectAccessReviewStatus
from kube.apimachinery import errors, fields, labels
from kube.apimachinery.errors import BadRequest, FieldError, Path, invalid_value
from kube.apimachinery.meta_v1 import StatusDetails
from kube.apimachinery.times import format_time

_SPEC = Path("spec")


async def subject(endpoint: Endpoint, request: Request) -> Response:
    """201: may the named user do it?"""
    review = await _read(endpoint, request)
    spec = review.spec
    _refuse(_check_attributes(spec) + _check_user(spec) + _check_metadata(review))
    return _answer(endpoint, request, review, _named_user(spec))


async def local_subject(endpoint: Endpoint, request: Request) -> Response:
    """201: may the named user do it in this namespace?"""
    review = await _read(endpoint, request)
    namespace = request.info.namespace
    check_namespace(endpoint, review, namespace)
    spec = review.spec
    found = _check_attributes(spec) + _check_user(spec) + _check_metadata(review, namespaced=True)
    resource = spec.resourceAttributes
    if resource is not None and resource.namespace != namespace:
        path = _SPEC["resourceAttributes"]["namespace"]
        found.append(invalid_value(path, resource.namespace, "must match metadata.namespace"))
    if spec.nonResourceAttributes is not None:
        found.append(_other_error(spec.nonResourceAttributes, "disallowed on this kind of request"))
    _refuse(found)
    return _answer(endpoint, request, review, _named_user(spec))


async def self_subject(endpoint: Endpoint, request: Request) -> Response:
    """201: may I do it?"""
    review = await _read(endpoint, request)
    _refuse(_check_attributes(review.spec) + _check_metadata(review))
    return _answer(endpoint, request, review, request.user)


async def self_rules(endpoint: Endpoint, request: Request) -> Response:
    """201: what may I do in a namespace?"""
    review = await _read(endpoint, request)
    if not review.spec.namespace:
        raise BadRequest("no namespace on request")
    rules = endpoint.services["rbac"].rules_for(request.user, review.spec.namespace)
    review.status.resourceRules = [ResourceRule.from_dict(r) for r in rules if not r.get("nonResourceURLs")]
    others = [r for r in rules if r.get("nonResourceURLs")]
    review.status.nonResourceRules = [NonResourceRule.from_dict(r) for r in others]
    return Response(object_body(endpoint.resource, review.to_json(), request.output, ""), 201)


async def _read(endpoint: Endpoint, request: Request) -> Any:
    """The review, with the sender as the manager of its fields, though it is never stored."""
    options = write_options("CreateOptions", request.query, request.raw_query)
    review = await decode_body(endpoint, request, options.field_validation)
    store = endpoint.store
    if store.field_manager is not None:
        now = format_time(store.clock.now())
        review.metadata.managedFields = store.field_manager.update(None, review, write_of(request, options), now)
    return review


def _named_user(spec: Any) -> User:
    return User(spec.user, spec.uid, tuple(spec.groups), dict(spec.extra))


def _answer(endpoint: Endpoint, request: Request, review: Any, user: User) -> Response:
    spec = review.spec
    resource, other = spec.resourceAttributes, spec.nonResourceAttributes
    if resource is not None:
        asked = Attributes(
            user, resource.verb, resource.group, resource.version, resource.resource, resource.subresource,
            resource.namespace, resource.name, field_selector=_field_selector(resource),
        )  # fmt: skip
    else:
        asked = Attributes(user, other.verb, path=other.path)
    decision = endpoint.services["authorize"](asked)
    review.status = SubjectAccessReviewStatus(
        allowed=decision.allowed, reason=decision.reason, evaluationError=_ignored_selectors(resource)
    )
    return Response(object_body(endpoint.resource, review.to_json(), request.output, ""), 201)


def _field_selector(resource: ResourceAttributes) -> str:
    """As a request would write it; only equality can be said there."""
    selector = resource.fieldSelector
    if selector is None or selector.rawSelector:
        return selector.rawSelector if selector is not None else ""
    return ",".join(f"{r.key}={fields.escape(r.values[0])}" for r in selector.requirements if _is_equality(r))


def _is_equality(requirement: Any) -> bool:
    return requirement.operator == "In" and len(requirement.values) == 1


def _ignored_selectors(resource: ResourceAttributes | None) -> str:
    """Selectors do not limit what RBAC allows; one that cannot be read is worth a word."""
    selector = resource.labelSelector if resource is not None else None
    if selector is not None and selector.rawSelector:
        try:
            labels.parse(selector.rawSelector)
        except ValueError:
            return "spec.resourceAttributes.labelSelector ignored due to parse error"
    return ""


# ---- what is wrong with a review ----


def _check_metadata(review: Any, *, namespaced: bool = False) -> list[FieldError]:
    """A review is no object that could be found again."""
    allowed = {"managedFields", "namespace"} if namespaced else {"managedFields"}
    if not review.metadata.to_dict().keys() - allowed:
        return []
    listed = "namespace and managedFields" if namespaced else "managedFields"
    return [invalid_value(Path("metadata"), review.metadata, f"must be empty except for {listed}")]


def _check_user(spec: Any) -> list[FieldError]:
    if spec.user or spec.groups:
        return []
    return [invalid_value(_SPEC["user"], spec.user, "at least one of user or group must be specified")]


def _check_attributes(spec: Any) -> list[FieldError]:
    resource, other = spec.resourceAttributes, spec.nonResourceAttributes
    if resource is not None and other is not None:
        return [_other_error(other, "cannot be specified in combination with resourceAttributes")]
    if resource is None and other is None:
        text = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        return [invalid_value(_SPEC["resourceAttributes"], None, text)]
    return _check_selectors(resource) if resource is not None else []


def _other_error(other: Any, why: str) -> FieldError:
    shown = {"Path": other.path, "Verb": other.verb}
    return invalid_value(_SPEC["nonResourceAttributes"], shown, why)


def _check_selectors(resource: ResourceAttributes) -> list[FieldError]:
    found: list[FieldError] = []
    path = _SPEC["resourceAttributes"]
    for name in ("fieldSelector", "labelSelector"):
        selector = getattr(resource, name)
        if selector is not None:
            found += _check_selector(selector, path[name])
    return found


def _check_selector(selector: Any, path: Path) -> list[FieldError]:
    if selector.rawSelector and selector.requirements:
        text = "may not specified at the same time as requirements"
        return [invalid_value(path["rawSelector"], selector.rawSelector, text)]
    if not selector.rawSelector and not selector.requirements:
        text = f"when {path} is specified, requirements or rawSelector is required"
        return [errors.required(path["requirements"], text)]
    found = []
    for index, requirement in enumerate(selector.requirements):
        found += _check_requirement(requirement, path["requirements"][index])
    return found


def _check_requirement(requirement: Any, path: Path) -> list[FieldError]:
    if not requirement.key:
        return [errors.required(path["key"], "must be specified")]
    if requirement.operator in ("In", "NotIn") and not requirement.values:
        return [errors.required(path["values"], "must be specified when `operator` is 'In' or 'NotIn'")]
    if requirement.operator in ("Exists", "DoesNotExist") and requirement.values:
        return [errors.forbidden(path["values"], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    if requirement.operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        return [invalid_value(path["operator"], requirement.operator, "not a valid selector operator")]
    return []


def _refuse(found: Sequence[FieldError]) -> None:
    """Kubernetes forgets to name the kind here, and so do we."""
    if not found:
        return
    texts = [str(e) for e in found]
    text = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    details = StatusDetails(group="authorization.k8s.io", causes=[e.cause for e in found])
    raise errors.Invalid(f'.authorization.k8s.io "" is invalid: {text}', details)
