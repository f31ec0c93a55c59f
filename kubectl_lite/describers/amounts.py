"""What pods ask for of a node, and which part of the node that is: `250m (12%)`. Pure."""

from __future__ import annotations

from fractions import Fraction

from kubectl_lite.describers.common import Json

_SUFFIXES = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1),
             "k": Fraction(1000), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12),
             "Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40)}  # fmt: skip


def amount(text: str) -> Fraction:
    """The number of a quantity."""
    digits = text.rstrip("numkMGTKi")
    return Fraction(digits or "0") * _SUFFIXES[text[len(digits) :]]


def shown(value: Fraction, name: str) -> str:
    """A sum as a quantity: millicores, or the largest binary unit without a rest."""
    if name == "cpu":
        return str(value) if value.denominator == 1 else f"{int(value * 1000)}m"
    for suffix in ("Gi", "Mi", "Ki"):
        if value and value % _SUFFIXES[suffix] == 0:
            return f"{value / _SUFFIXES[suffix]}{suffix}"
    return str(int(value))


class Amounts:
    """Sums over the pods it has been asked about."""

    def __init__(self, allocatable: Json):
        self._allocatable = {name: amount(str(q)) for name, q in allocatable.items()}
        self._pods: list[Json] = []

    def of_pod(self, pod: Json, kind: str, name: str) -> str:
        if pod not in self._pods:
            self._pods.append(pod)
        return self._text(_of(pod, kind, name), name)

    def total(self, kind: str, name: str) -> str:
        return self._text(sum((_of(pod, kind, name) for pod in self._pods), Fraction()), name)

    def _text(self, value: Fraction, name: str) -> str:
        have = self._allocatable.get(name)
        return f"{shown(value, name)} ({int(value * 100 / have) if have else 0}%)"


def _of(pod: Json, kind: str, name: str) -> Fraction:
    """The sum over the containers, or the largest init container if that is more."""

    def asked(c: Json) -> Fraction:
        return amount(str(((c.get("resources") or {}).get(kind) or {}).get(name, "0")))

    running = sum((asked(c) for c in pod["spec"]["containers"]), Fraction())
    return max([running, *(asked(c) for c in pod["spec"].get("initContainers") or ())])
