"""The strategies of Roles and ClusterRoles.

Called by the generic store. They call nothing else. That nobody grants more than he has is for the authorizer.
Source: kubernetes pkg/apis/rbac/validation/validation.go.
"""

from __future__ import annotations

from apiserver.registry.generic.strategy import Strategy
from kube.api.rbac_v1 import ClusterRole, PolicyRule, Role
from kube.apimachinery.errors import FieldError, Path, invalid_value, required
from kube.apimachinery.labels import validate_label_selector
from kube.apimachinery.types import Nil
from kube.apimachinery.validation import name_is_path_segment

RULES = Path("rules")


class RoleStrategy(Strategy[Role]):
    allow_create_on_update = True
    namespaced_rules = True

    def validate_name(self, name: str, prefix: bool = False) -> list[str]:
        """Any name that fits into a URL path: `system:node`."""
        return name_is_path_segment(name, prefix)

    def default(self, obj: Role) -> None:
        """No rules are written `null`."""
        obj.rules = obj.rules or Nil()

    def validate(self, obj: Role) -> list[FieldError]:
        rules = enumerate(obj.rules)
        return [e for i, rule in rules for e in validate_rule(rule, RULES[i], namespaced=self.namespaced_rules)]

    def validate_update(self, obj: Role, old: Role) -> list[FieldError]:
        return self.validate(obj)


class ClusterRoleStrategy(RoleStrategy):
    """As a Role, and it may gather the rules of others."""

    namespaced_rules = False

    def validate(self, obj: ClusterRole) -> list[FieldError]:  # type: ignore[override]
        return super().validate(obj) + _validate_aggregation(obj)


def validate_rule(rule: PolicyRule, path: Path, *, namespaced: bool) -> list[FieldError]:
    """A rule is about resources or about URLs."""
    found = [] if rule.verbs else [required(path["verbs"], "verbs must contain at least one value")]
    if rule.nonResourceURLs:
        return found + _validate_urls(rule, path["nonResourceURLs"], namespaced)
    if not rule.apiGroups:
        found.append(required(path["apiGroups"], "resource rules must supply at least one api group"))
    if not rule.resources:
        found.append(required(path["resources"], "resource rules must supply at least one resource"))
    return found


def _validate_urls(rule: PolicyRule, path: Path, namespaced: bool) -> list[FieldError]:
    why = []
    if namespaced:
        why.append("namespaced rules cannot apply to non-resource URLs")
    if rule.apiGroups or rule.resources or rule.resourceNames:
        why.append("rules cannot apply to both regular resources and non-resource URLs")
    return [invalid_value(path, rule.nonResourceURLs, text) for text in why]


def _validate_aggregation(role: ClusterRole) -> list[FieldError]:
    if role.aggregationRule is None:
        return []
    path, selectors = Path("aggregationRule")["clusterRoleSelectors"], role.aggregationRule.clusterRoleSelectors
    if not selectors:
        return [required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil")]
    return [e for i, selector in enumerate(selectors) for e in validate_label_selector(selector, path[i])]
