"""The labels that somebody may have meant. Pure.

Called by the selector's step. It calls difflib. It leaves out why they differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

ALIKE = 0.75
"""From which likeness on, between 0 and 1, one label is taken for another one misspelt."""


def nearest_labels(wanted: Mapping[str, str], known: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What the selector would be, were it meant for the most similar of these label sets; empty when none is alike.

    Every pair must be there, or have one that is alike: with another key, another value, or both.
    """
    best: dict[str, str] = {}
    best_score = 0.0
    for labels in known:
        found: dict[str, str] = {}
        score = 0.0
        for key, value in wanted.items():
            other, likeness = _nearest(key, value, labels)
            if not other:
                break
            found[other] = labels[other]
            score += likeness
        else:
            if score > best_score:
                best, best_score = found, score
    return best


def _nearest(key: str, value: str, labels: Mapping[str, str]) -> tuple[str, float]:
    scored = [(_alike(key, value, k, v), k) for k, v in labels.items()]
    score, other = max(scored, default=(0.0, ""))
    return (other, score) if score >= ALIKE else ("", 0.0)


def _alike(key: str, value: str, other_key: str, other_value: str) -> float:
    """A pair with the same key may differ more in its value than one that has the same value under another key."""
    keys, values = _ratio(key, other_key), _ratio(value, other_value)
    if key == other_key:
        return 0.5 + values / 2 if values >= 0.5 or value.lower() == other_value.lower() else 0.0
    if value == other_value:
        return 0.4 + keys * 0.6 if keys >= 0.6 else 0.0
    return (keys + values) / 2 if min(keys, values) >= ALIKE else 0.0


def _ratio(a: str, b: str) -> float:
    return SequenceMatcher(None, a, b).ratio()
