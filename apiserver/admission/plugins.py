"""Which admission plugins are in use, in Kubernetes' order.

Called by the app. It makes the plugins. Source: kubernetes pkg/kubeapiserver/options/plugins.go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from apiserver.admission.default_toleration_seconds import DefaultTolerationSeconds
from apiserver.admission.interface import Plugin
from apiserver.admission.namespace_lifecycle import NamespaceLifecycle
from apiserver.admission.priority import Priority
from apiserver.admission.rbac_escalation import RBACEscalation
from apiserver.admission.runtime_class import RuntimeClass
from apiserver.admission.service_account import ServiceAccountPlugin
from apiserver.admission.taint_nodes_by_condition import TaintNodesByCondition
from apiserver.authz.rbac import RBAC


def plugins(lookup: Any, rbac: RBAC, suffix: Callable[[], str], disabled: Collection[str] = ()) -> list[Plugin]:
    """`lookup` has `cached` and `fresh`; `suffix` makes the end of a unique name."""
    known: dict[str, Plugin] = {
        "NamespaceLifecycle": NamespaceLifecycle(lookup.cached, lookup.fresh),
        "ServiceAccount": ServiceAccountPlugin(lookup.cached, lookup.fresh, suffix),
        "TaintNodesByCondition": TaintNodesByCondition(),
        "Priority": Priority(),
        "DefaultTolerationSeconds": DefaultTolerationSeconds(),
        "RuntimeClass": RuntimeClass(),
        "RBACEscalation": RBACEscalation(rbac),
    }
    return [plugin for name, plugin in known.items() if name not in disabled]
