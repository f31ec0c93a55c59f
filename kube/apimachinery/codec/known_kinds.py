"""The kinds that a Kubernetes API server knows, served here or not: what decides between two refusals of a body.

Called by the codec. A kind that is known but stands at another resource's URL is `unknown conversion`; one that is
not known is `no kind ... is registered`. Source: the groups' `register.go`.
"""

from __future__ import annotations

_WORKLOADS = "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"
_REVIEWS = "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"
_RBAC = "ClusterRole ClusterRoleBinding Role RoleBinding"

_KINDS = {
    "v1": (
        "Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node NodeProxyOptions PersistentVolume "
        "PersistentVolumeClaim Pod PodAttachOptions PodExecOptions PodLogOptions PodPortForwardOptions PodProxyOptions "
        "PodStatusResult PodTemplate RangeAllocation ReplicationController ResourceQuota Secret SerializedReference "
        "Service ServiceAccount ServiceProxyOptions"
    ),
    "admissionregistration.k8s.io/v1": (
        "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
        "ValidatingWebhookConfiguration"
    ),
    "apps/v1": _WORKLOADS,
    "apps/v1beta1": "ControllerRevision Deployment DeploymentRollback Scale StatefulSet",
    "apps/v1beta2": _WORKLOADS + " Scale",
    "authentication.k8s.io/v1": "SelfSubjectReview TokenRequest TokenReview",
    "authentication.k8s.io/v1beta1": "SelfSubjectReview TokenReview",
    "authorization.k8s.io/v1": _REVIEWS,
    "authorization.k8s.io/v1beta1": _REVIEWS,
    "autoscaling/v1": "HorizontalPodAutoscaler Scale",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "coordination.k8s.io/v1": "Lease",
    "coordination.k8s.io/v1beta1": "Lease LeaseCandidate",
    "discovery.k8s.io/v1": "EndpointSlice",
    "discovery.k8s.io/v1beta1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "events.k8s.io/v1beta1": "Event",
    "extensions/v1beta1": "DaemonSet Deployment DeploymentRollback Ingress NetworkPolicy ReplicaSet Scale",
    "networking.k8s.io/v1": "Ingress IngressClass IPAddress NetworkPolicy ServiceCIDR",
    "networking.k8s.io/v1beta1": "Ingress IngressClass IPAddress ServiceCIDR",
    "node.k8s.io/v1": "RuntimeClass",
    "policy/v1": "Eviction PodDisruptionBudget",
    "policy/v1beta1": "Eviction PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": _RBAC,
    "rbac.authorization.k8s.io/v1alpha1": _RBAC,
    "rbac.authorization.k8s.io/v1beta1": _RBAC,
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
}
_EVERYWHERE = frozenset(
    ("CreateOptions", "DeleteOptions", "GetOptions", "ListOptions", "PatchOptions", "UpdateOptions", "WatchEvent")
)
_UNVERSIONED = frozenset(("APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "Status"))
_KNOWN = {version: frozenset(kinds.split()) for version, kinds in _KINDS.items()}


def is_known(api_version: str, kind: str) -> bool:
    """Whether a Kubernetes API server can decode that kind, or a list of it."""
    kinds = _KNOWN.get(api_version)
    if kinds is None:
        return False
    if kind in kinds or kind.removesuffix("List") in kinds or kind in _EVERYWHERE:
        return True
    return api_version == "v1" and kind in _UNVERSIONED


def internal_package(group: str) -> str:
    """The Go package of a group's internal types: `core.Pod`, `apps.Deployment`, `rbac.Role`."""
    return {"": "core", "events.k8s.io": "core"}.get(group, group.partition(".")[0])
