"""Does a toleration cover a taint, do a node's labels meet a node selector: the small matchers.

Called by filters, scores, and the daemonset and node lifecycle controllers. Pure.
Source: k8s.io/component-helpers/scheduling/corev1 (nodeaffinity, helpers).
"""

from __future__ import annotations

from collections.abc import Iterable

from kube.api.core_v1 import Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint, Toleration


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """An empty effect covers all effects, an empty key with Exists all keys."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    if toleration.operator in ("", "Equal"):
        return bool(toleration.key) and toleration.value == taint.value
    return _compares(toleration, taint)


def _compares(toleration: Toleration, taint: Taint) -> bool:
    """The operators Lt and Gt (KEP-5471): numbers."""
    try:
        have, want = int(taint.value), int(toleration.value)
    except ValueError:
        return False
    return have < want if toleration.operator == "Lt" else have > want if toleration.operator == "Gt" else False


def untolerated(pod: Pod, taints: Iterable[Taint], effects: Iterable[str]) -> Taint | None:
    """The first taint of these effects that no toleration of the pod covers."""
    effects = tuple(effects)
    for taint in taints:
        if taint.effect in effects and not any(tolerates(t, taint) for t in pod.spec.tolerations):
            return taint
    return None


def node_matches(pod: Pod, node: Node) -> bool:
    """`spec.nodeSelector` and the required node affinity."""
    labels = node.metadata.labels
    if any(labels.get(key) != value for key, value in pod.spec.nodeSelector.items()):
        return False
    affinity = pod.spec.affinity.nodeAffinity if pod.spec.affinity else None
    required = affinity.requiredDuringSchedulingIgnoredDuringExecution if affinity else None
    return required is None or selector_matches(required, node)


def named_nodes(pod: Pod) -> frozenset[str] | None:
    """The only nodes that the required node affinity names by `metadata.name`; None when a term names none.

    Empty when each term contradicts itself.
    """
    affinity = pod.spec.affinity.nodeAffinity if pod.spec.affinity else None
    required = affinity.requiredDuringSchedulingIgnoredDuringExecution if affinity else None
    if required is None or not required.nodeSelectorTerms:
        return None
    found: frozenset[str] = frozenset()
    for term in required.nodeSelectorTerms:
        names = [frozenset(f.values) for f in term.matchFields if f.key == "metadata.name" and f.operator == "In"]
        if not names:
            return None
        found |= frozenset.intersection(*names)
    return found


def selector_matches(selector: NodeSelector, node: Node) -> bool:
    """One of the terms must match; an empty term matches nothing."""
    return any(term_matches(term, node) for term in selector.nodeSelectorTerms)


def term_matches(term: NodeSelectorTerm, node: Node) -> bool:
    if not term.matchExpressions and not term.matchFields:
        return False
    labels, fields = node.metadata.labels, {"metadata.name": node.metadata.name}
    return all(_requirement(r, labels.get(r.key)) for r in term.matchExpressions) and all(
        _requirement(r, fields.get(r.key)) for r in term.matchFields
    )


def _requirement(requirement: NodeSelectorRequirement, value: str | None) -> bool:
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            return _number(requirement, value)
    return False


def _number(requirement: NodeSelectorRequirement, value: str | None) -> bool:
    try:
        have, bound = int(value or ""), int(requirement.values[0])
    except (ValueError, IndexError):
        return False
    return have > bound if requirement.operator == "Gt" else have < bound
