"""Which admission plugins are in use, in Kubernetes' order.

Called by the app. It makes the plugins. A name that Kubernetes has and kube-lite has not is accepted and does nothing,
so that command lines can be carried over. Source: kubernetes pkg/kubeapiserver/options/plugins.go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from apiserver.admission.default_toleration_seconds import DefaultTolerationSeconds
from apiserver.admission.deny_service_external_ips import DenyServiceExternalIPs
from apiserver.admission.interface import Plugin
from apiserver.admission.namespace_lifecycle import NamespaceLifecycle
from apiserver.admission.node_restriction import NodeRestriction
from apiserver.admission.priority import Priority
from apiserver.admission.rbac_escalation import RBACEscalation
from apiserver.admission.runtime_class import RuntimeClass
from apiserver.admission.service_account import ServiceAccountPlugin
from apiserver.admission.taint_nodes_by_condition import TaintNodesByCondition
from apiserver.authz.rbac import RBAC
from kube.clock import Clock

OFF_BY_DEFAULT = frozenset({"NodeRestriction", "DenyServiceExternalIPs"})
_OF_KUBERNETES = frozenset({
    "AlwaysAdmit", "AlwaysDeny", "AlwaysPullImages", "CertificateApproval", "CertificateSigning",
    "CertificateSubjectRestriction", "ClusterTrustBundleAttest", "DefaultIngressClass", "DefaultStorageClass",
    "EventRateLimit", "ExtendedResourceToleration", "ImagePolicyWebhook", "LimitPodHardAntiAffinityTopology",
    "LimitRanger", "MutatingAdmissionPolicy", "MutatingAdmissionWebhook", "NamespaceAutoProvision", "NamespaceExists",
    "OwnerReferencesPermissionEnforcement", "PersistentVolumeClaimResize", "PodNodeSelector", "PodSecurity",
    "PodTolerationRestriction", "PodTopologyLabels", "ResourceQuota", "StorageObjectInUseProtection",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionWebhook",
})  # fmt: skip


def plugins(
    lookup: Any, rbac: RBAC, suffix: Callable[[], str], clock: Clock,
    enabled: Collection[str] = (), disabled: Collection[str] = (),
) -> list[Plugin]:  # fmt: skip
    """`lookup` has `cached` and `fresh`; `suffix` makes the end of a unique name. Raises ValueError for a name that
    Kubernetes does not have, and for one that is both enabled and disabled."""
    known: dict[str, Plugin] = {
        "NamespaceLifecycle": NamespaceLifecycle(lookup.cached, lookup.fresh),
        "ServiceAccount": ServiceAccountPlugin(lookup.cached, lookup.fresh, suffix, clock),
        "NodeRestriction": NodeRestriction(lookup.cached, lookup.fresh),
        "TaintNodesByCondition": TaintNodesByCondition(),
        "Priority": Priority(),
        "DefaultTolerationSeconds": DefaultTolerationSeconds(),
        "RuntimeClass": RuntimeClass(),
        "RBACEscalation": RBACEscalation(rbac),
        "DenyServiceExternalIPs": DenyServiceExternalIPs(),
    }
    _check(enabled, disabled, known.keys() | _OF_KUBERNETES)
    used = (known.keys() - OFF_BY_DEFAULT | set(enabled)) - set(disabled)
    return [plugin for name, plugin in known.items() if name in used]


def _check(enabled: Collection[str], disabled: Collection[str], known: Collection[str]) -> None:
    for flag, names in (("enable", enabled), ("disable", disabled)):
        for name in names:
            if name not in known:
                raise ValueError(f'{flag}-admission-plugins plugin "{name}" is unknown')
    if both := sorted(set(enabled) & set(disabled)):
        raise ValueError(f"[{' '.join(both)}] in enable-admission-plugins and disable-admission-plugins overlapped")
