"""The strategy of Nodes: a kubelet registers itself with its status; afterwards status goes through `/status` alone.

Called by the generic store. It calls its validation. Source: kubernetes pkg/registry/core/node/strategy.go.
"""

from __future__ import annotations

from apiserver.registry.core.nodes.validation import SPEC, validate_node, validate_node_update
from apiserver.registry.generic.strategy import Strategy, WriteContext
from apiserver.registry.validation.addresses import warn_of_cidr
from kube.api.core_v1 import Node, NodeSpec
from kube.apimachinery.errors import FieldError


class NodeStrategy(Strategy[Node]):
    has_status = True
    field_labels = frozenset({"spec.unschedulable"})

    def default(self, obj: Node) -> None:
        _link_pod_cidrs(obj.spec)
        if obj.status.capacity and not obj.status.allocatable:
            obj.status.allocatable = dict(obj.status.capacity)

    def validate(self, obj: Node) -> list[FieldError]:
        return validate_node(obj)

    def warnings_on_create(self, obj: Node) -> list[str]:
        warnings = []
        if obj.spec.configSource is not None:
            warnings.append("spec.configSource: the feature is removed")
        if obj.spec.externalID:
            warnings.append("spec.externalID: this field is deprecated, and is unused by Kubernetes")
        cidrs = enumerate(obj.spec.podCIDRs)
        return warnings + [text for index, cidr in cidrs for text in warn_of_cidr(cidr, SPEC["podCIDRs"][index])]

    def warnings_on_update(self, obj: Node, old: Node) -> list[str]:
        return self.warnings_on_create(obj)

    def prepare_for_update(self, obj: Node, old: Node, ctx: WriteContext) -> None:
        obj.status = old.status.model_copy(deep=True)

    def validate_update(self, obj: Node, old: Node) -> list[FieldError]:
        return validate_node(obj) + validate_node_update(obj, old)

    def prepare_for_status_update(self, obj: Node, old: Node, ctx: WriteContext) -> None:
        obj.spec = old.spec.model_copy(deep=True)

    def validate_status_update(self, obj: Node, old: Node) -> list[FieldError]:
        return validate_node_update(obj, old)

    def fields(self, obj: Node) -> dict[str, str]:
        return {"spec.unschedulable": "true" if obj.spec.unschedulable else "false"}


def _link_pod_cidrs(spec: NodeSpec) -> None:
    """`podCIDR` is the first of `podCIDRs`; who knows only the one means a list of it."""
    if spec.podCIDR and spec.podCIDRs[:1] != [spec.podCIDR]:
        spec.podCIDRs = [spec.podCIDR]
    elif spec.podCIDRs:
        spec.podCIDR = spec.podCIDRs[0]
