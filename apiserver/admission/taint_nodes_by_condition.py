"""TaintNodesByCondition: a new Node takes no pods until it has said that it is ready.

One of the admission plugins. It calls nothing. The taint is removed by the node lifecycle controller.
Source: kubernetes plugin/pkg/admission/nodetaint.
"""

from __future__ import annotations

from apiserver.admission.interface import Attributes, Plugin
from kube.api.core_v1 import Node, Taint
from kube.apimachinery.meta_v1 import Object

NOT_READY = "node.kubernetes.io/not-ready"


class TaintNodesByCondition(Plugin):
    operations = frozenset({"CREATE"})

    async def admit(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        if not isinstance(obj, Node) or attributes.subresource:
            return
        if not any(taint.key == NOT_READY and taint.effect == "NoSchedule" for taint in obj.spec.taints):
            obj.spec.taints = [*obj.spec.taints, Taint(key=NOT_READY, effect="NoSchedule")]
