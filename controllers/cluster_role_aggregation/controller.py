"""The cluster role aggregation controller: the rules of a role with `aggregationRule` are those of all that it selects.

Run by `controllers.manager`. `aggregate` below decides and is pure.
Source: k8s.io/kubernetes/pkg/controller/clusterroleaggregation.
"""

from __future__ import annotations

from collections.abc import Iterable

from controllers.controller import Context, Controller
from kube.api.rbac_v1 import ClusterRole, PolicyRule
from kube.apimachinery.labels import from_label_selector
from kube.informer import Key


def aggregate(role: ClusterRole, all_roles: Iterable[ClusterRole]) -> list[PolicyRule]:
    """The rules of the selected roles, by role name, each rule once."""
    selectors = [from_label_selector(s) for s in role.aggregationRule.clusterRoleSelectors]
    rules: list[PolicyRule] = []
    for other in sorted(all_roles, key=lambda r: r.metadata.name):
        if other.metadata.name == role.metadata.name:
            continue
        if any(selector.matches(other.metadata.labels) for selector in selectors):
            rules += [rule for rule in other.rules if rule not in rules]
    return rules


class ClusterRoleAggregationController(Controller):
    name = "clusterrole-aggregation-controller"
    queue_name = "ClusterRoleAggregator"

    def __init__(self, context: Context):
        super().__init__(context)
        self.roles = self.informer(ClusterRole)
        self.roles.on_any(self._changed)

    async def sync(self, key: Key) -> str | None:
        role = self.roles.get(*key)
        if role is None or role.aggregationRule is None:
            return None
        rules = aggregate(role, self.roles.list())
        if rules == list(role.rules):
            return None
        await self.client.update(role.model_copy(update={"rules": rules}))
        return f"aggregated {len(rules)} rules"

    def _changed(self, _role: ClusterRole) -> None:
        for role in self.roles.list():
            if role.aggregationRule is not None:
                self.enqueue(role)
