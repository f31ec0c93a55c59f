"""What a Pod with scheduling gates may change of where it will run: its node selector and node affinity get narrower.

Called by `updates`. It calls nothing. What was allowed is put back into the compared spec, so that everything else
must still be as it was. Source: KEP-3838; kubernetes pkg/apis/core/validation, validateNodeSelectorMutation,
validateNodeAffinityMutation.
"""

from __future__ import annotations

from apiserver.registry.core.pods.internal import Internal
from kube.api.core_v1 import Affinity, NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm, PodSpec
from kube.apimachinery.errors import FieldError, Path, invalid_value

SPEC = Path("spec")
_TERMS = SPEC["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]


def take_back_placement(spec: PodSpec, old: PodSpec) -> list[FieldError]:
    """What is wrong with the change; `spec` has the old node selector and node affinity afterwards."""
    found = _validate_node_selector(spec.nodeSelector, old.nodeSelector)
    spec.nodeSelector = old.nodeSelector
    now, before = _node_affinity(spec.affinity), _node_affinity(old.affinity)
    if now != before:
        found += _validate_terms(_terms(now), _terms(before))
        spec.affinity = _with_node_affinity(spec.affinity, old.affinity)
    return found


def _validate_node_selector(new: dict[str, str], old: dict[str, str]) -> list[FieldError]:
    if old.items() <= new.items():
        return []
    why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
    return [invalid_value(SPEC["nodeSelector"], new, why)]


def _node_affinity(affinity: Affinity | None) -> NodeAffinity | None:
    return affinity.nodeAffinity if affinity else None


def _terms(affinity: NodeAffinity | None) -> list[NodeSelectorTerm]:
    required = affinity.requiredDuringSchedulingIgnoredDuringExecution if affinity else None
    return list(required.nodeSelectorTerms) if required else []


def _validate_terms(new: list[NodeSelectorTerm], old: list[NodeSelectorTerm]) -> list[FieldError]:
    """One of the terms must hold, so no more may come; all of a term must hold, so it may grow."""
    if not old:
        return []
    if len(new) != len(old):
        why = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        return [invalid_value(_TERMS, Internal(new), why)]
    return [
        invalid_value(_TERMS[index], Internal(now), "only additions are allowed (no mutations or deletions)")
        for index, (now, before) in enumerate(zip(new, old, strict=True))
        if not _only_grew(now, before)
    ]


def _only_grew(new: NodeSelectorTerm, old: NodeSelectorTerm) -> bool:
    """A term without requirements matches no node: with one it would match some."""
    if not old.matchExpressions and not old.matchFields:
        return not new.matchExpressions and not new.matchFields
    return _begins_with(new.matchExpressions, old.matchExpressions) and _begins_with(new.matchFields, old.matchFields)


def _begins_with(new: list[NodeSelectorRequirement], old: list[NodeSelectorRequirement]) -> bool:
    return list(new[: len(old)]) == list(old)


def _with_node_affinity(affinity: Affinity | None, old: Affinity | None) -> Affinity | None:
    """The affinity with the old one's part about nodes; none at all where there was none and nothing else came."""
    rest = affinity.deep_copy() if affinity else Affinity()
    rest.nodeAffinity = _node_affinity(old)
    return None if old is None and rest == Affinity() else rest
