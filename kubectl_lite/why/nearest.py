"""The labels that somebody may have meant. Pure.

Called by the selector's step. It calls nothing. It leaves out why they differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

LETTERS_PER_SLIP = 6
"""One slip is forgiven in any word, and one more for so many letters."""


def nearest_labels(wanted: Mapping[str, str], known: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What the selector would be, were it meant for the most similar of these label sets; empty when none is alike.

    Every pair must be there, or have one that is alike: with another key, or another value.
    """
    best: dict[str, str] = {}
    best_score = 0.0
    for labels in known:
        found: dict[str, str] = {}
        score = 0.0
        for key, value in wanted.items():
            likeness, other = max(((_alike(key, value, k, v), k) for k, v in labels.items()), default=(0.0, ""))
            if not likeness:
                break
            found[other] = labels[other]
            score += likeness
        else:
            if score > best_score:
                best, best_score = found, score
    return best


def _alike(key: str, value: str, other_key: str, other_value: str) -> float:
    """Between 0 and 1; 0 for a pair that nobody would have meant."""
    if key == other_key:
        return 1.0 if value == other_value else 0.9 * _likeness(value, other_value)
    return 0.8 * (_likeness(key, other_key) or _last(key, other_key)) if value == other_value else 0.0


def _last(a: str, b: str) -> float:
    """`app` and `app.kubernetes.io/name` mean the same to people."""
    usual = {"app", "name", "app.kubernetes.io/name", "app.kubernetes.io/instance", "k8s-app"}
    return 0.5 if {a, b} <= usual else 0.0


def _likeness(a: str, b: str) -> float:
    """Of two words: slips of the pen, capital letters, or one more word in a name of several."""
    if a.lower() == b.lower():
        return 0.95
    words, others = set(_words(a)), set(_words(b))
    if words < others or others < words:
        return 0.6
    slips = distance(a, b)
    longest = max(len(a), len(b))
    return 1 - slips / longest if slips <= 1 + longest // LETTERS_PER_SLIP and slips * 2 < longest else 0.0


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]


def distance(a: str, b: str) -> int:
    """Letters put in, left out, changed, or two neighbours exchanged, to come from one to the other."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            least = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                least = min(least, rows[-2][j - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]
