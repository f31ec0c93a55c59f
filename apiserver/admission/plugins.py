"""Which admission plugins are in use, in Kubernetes' order.

Called by the app. It makes the plugins. Source: kubernetes pkg/kubeapiserver/options/plugins.go.
"""

from __future__ import annotations

from typing import Any

from apiserver.admission.interface import Plugin
from apiserver.admission.namespace_lifecycle import NamespaceLifecycle
from apiserver.admission.taint_nodes_by_condition import TaintNodesByCondition


def plugins(lookup: Any, config: Any) -> list[Plugin]:
    """`lookup` has `cached` and `fresh`."""
    known: dict[str, Plugin] = {
        "NamespaceLifecycle": NamespaceLifecycle(lookup.cached, lookup.fresh),
        "TaintNodesByCondition": TaintNodesByCondition(),
    }
    return [plugin for name, plugin in known.items() if name not in config.disable_admission_plugins]
