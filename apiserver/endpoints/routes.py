"""The table of handlers: every resource and subresource of the scheme, with the handler of each verb.

Called by the app once. It calls nothing. Verbs that a resource does not have get no handler, and so 405.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.handlers import (
    access_reviews,
    authentication_reviews,
    binding,
    connect,
    eviction,
    scale,
    token,
)
from apiserver.endpoints.handlers.create import create
from apiserver.endpoints.handlers.delete import delete, deletecollection
from apiserver.endpoints.handlers.get import get
from apiserver.endpoints.handlers.list import list_
from apiserver.endpoints.handlers.log import log
from apiserver.endpoints.handlers.patch import patch
from apiserver.endpoints.handlers.proxy import proxy
from apiserver.endpoints.handlers.update import update
from apiserver.endpoints.handlers.watch import watch
from apiserver.endpoints.router import Handler, Router
from apiserver.registry.generic.store import Store
from kube.apimachinery.scheme import Resource

HANDLERS: dict[str, Handler] = {
    "create": create, "get": get, "list": list_, "watch": watch, "update": update, "patch": patch, "delete": delete,
    "deletecollection": deletecollection,
}  # fmt: skip

UPDATED_THROUGH = ("status", "finalize", "ephemeralcontainers", "resize")
"""Subresources that are the object itself, with stages of their own in the strategy."""

SPECIAL: dict[tuple[str, str, str], dict[str, Handler]] = {
    ("*", "*", "scale"): {"get": scale.get, "update": scale.update, "patch": scale.patch},
    ("", "bindings", ""): {"create": binding.create},
    ("", "pods", "binding"): {"create": binding.create},
    ("", "pods", "eviction"): {"create": eviction.create},
    ("", "pods", "log"): {"get": log},
    ("", "pods", "exec"): {"get": connect.exec_, "create": connect.exec_},
    ("", "pods", "attach"): {"get": connect.attach, "create": connect.attach},
    ("", "pods", "portforward"): {"get": connect.port_forward, "create": connect.port_forward},
    ("*", "*", "proxy"): dict.fromkeys(("get", "create", "update", "patch", "delete"), proxy),
    ("", "serviceaccounts", "token"): {"create": token.create},
    ("authentication.k8s.io", "selfsubjectreviews", ""): {"create": authentication_reviews.self_subject_review},
    ("authentication.k8s.io", "tokenreviews", ""): {"create": authentication_reviews.token_review},
    ("authorization.k8s.io", "localsubjectaccessreviews", ""): {"create": access_reviews.local_subject},
    ("authorization.k8s.io", "selfsubjectaccessreviews", ""): {"create": access_reviews.self_subject},
    ("authorization.k8s.io", "selfsubjectrulesreviews", ""): {"create": access_reviews.self_rules},
    ("authorization.k8s.io", "subjectaccessreviews", ""): {"create": access_reviews.subject},
}
"""(group, plural, subresource) -> verb -> handler, where the usual one will not do."""


def build(
    resources: Iterable[Resource], store_of: Callable[[Resource], Store[Any]], services: Mapping[str, Any]
) -> Router:
    """The router for all of them."""
    router = Router()
    for resource in resources:
        endpoint = Endpoint(resource, store_of(resource), services)
        router.add(endpoint, "", _handlers(resource, "", resource.verbs))
        for sub in resource.subresources:
            if handlers := _handlers(resource, sub.name, sub.verbs):
                router.add(endpoint, sub.name, handlers)
    return router


def _handlers(resource: Resource, subresource: str, verbs: Iterable[str]) -> dict[str, Handler]:
    special = SPECIAL.get((resource.group, resource.plural, subresource)) or SPECIAL.get(("*", "*", subresource), {})
    usual = HANDLERS if subresource in ("", *UPDATED_THROUGH) else {}
    return {verb: handler for verb in verbs if (handler := special.get(verb) or usual.get(verb))}
