"""What an authorizer is asked: may this user do this verb to this thing.

Made from a request by the filter chain and from a review's spec by the review handlers; read by the authorizers.
It calls nothing. Source: k8s.io/apiserver/pkg/authorization/authorizer.
"""

from __future__ import annotations

from dataclasses import dataclass

from apiserver.authn.user import User


@dataclass(frozen=True, slots=True)
class Attributes:
    """`path` is set, and the resource fields are empty, for a request that is about no resource."""

    user: User
    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    field_selector: str = ""

    @property
    def is_resource(self) -> bool:
        return not self.path

    @property
    def full_resource(self) -> str:
        """`pods/log`, as rules name a subresource."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer; `reason` says which binding allowed it, or why an authorizer would not."""

    allowed: bool
    reason: str = ""


def forbidden_text(attributes: Attributes) -> str:
    """`User "u" cannot get resource "pods" in API group "" in the namespace "d"`."""
    user = f'User "{attributes.user.name}" cannot {attributes.verb}'
    if not attributes.is_resource:
        return f'{user} path "{attributes.path}"'
    what = f'{user} resource "{attributes.full_resource}" in API group "{attributes.group}"'
    if attributes.namespace:
        return f'{what} in the namespace "{attributes.namespace}"'
    return f"{what} at the cluster scope"
