"""The lines of a transaction: from what the table has to what it shall have.

Called by `proxier`. It calls `lower.render`. Pure. It leaves out running them: nft does all or none.

Order within a transaction: what is pointed at comes before what points at it, and goes after it. An element that
changes its value is removed and added; no packet sees the moment between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from proxy.nftables.lower import Element, Lowered, render
from proxy.nftables.skeleton import TABLE, Chain, Settings, chains, sets
from proxy.steps import Steps, pages


class Contents(NamedTuple):
    """Part of a table: elements by set and key, chains, sets."""

    elements: dict[tuple[str, str], Element]
    chains: dict[str, Chain]
    sets: dict[str, tuple[str, str]]


EMPTY = Contents({}, {}, {})
PIECE = 5000
"""Elements compared in one step."""


def own(lowered: Lowered) -> Contents:
    """What a Service does not share."""
    return Contents(lowered.elements, lowered.chains, lowered.sets)


def plan(old: Contents, new: Contents, ip: str) -> list[str]:
    """The lines that lead from one to the other."""
    return [
        *(_add_set(name, *spec, ip) for name, spec in new.sets.items() if name not in old.sets),
        *_chains(old.chains, new.chains, ip),
        *_elements("delete", (old.elements[at] for at in old.elements if _differs(old, new, at)), ip),
        *_elements("add", (new.elements[at] for at in new.elements if _differs(new, old, at)), ip),
        *(f"flush chain {ip} {TABLE} {name}" for name in old.chains if name not in new.chains),
        *(f"delete chain {ip} {TABLE} {name}" for name in old.chains if name not in new.chains),
        *(f"delete {old.sets[name][0]} {ip} {TABLE} {name}" for name in old.sets if name not in new.sets),
    ]


def unlike_elements(one: Contents, other: Contents) -> Steps[dict[tuple[str, str], Element]]:
    """The elements that the other has not, or with another value: all that `plan` would look at."""
    unlike = {}
    for page in pages(one.elements, PIECE):
        unlike.update((at, one.elements[at]) for at in page if _differs(one, other, at))
        yield
    return unlike


def create_table(settings: Settings) -> list[str]:
    """The table anew, without Services; the old one, whatever it held, is replaced in the same transaction."""
    ip = settings.ip
    skeleton = Contents({}, chains(settings), sets(settings))
    return [
        f"add table {ip} {TABLE}",
        f"delete table {ip} {TABLE}",
        f"add table {ip} {TABLE}",
        *plan(EMPTY, skeleton, ip),
    ]


def merge(*parts: Contents) -> Contents:
    """Several parts as one: the lines of several Services fit into one transaction."""
    merged = Contents({}, {}, {})
    add_to(merged, *parts)
    return merged


def add_to(merged: Contents, *parts: Contents) -> None:
    for part in parts:
        merged.elements.update(part.elements)
        merged.chains.update(part.chains)
        merged.sets.update(part.sets)


def _differs(one: Contents, other: Contents, at: tuple[str, str]) -> bool:
    there = other.elements.get(at)
    return there is None or there.value != one.elements[at].value


def _add_set(name: str, kind: str, spec: str, ip: str) -> str:
    return f"add {kind} {ip} {TABLE} {name} {{ {spec}; }}"


def _chains(old: Mapping[str, Chain], new: Mapping[str, Chain], ip: str) -> list[str]:
    changed = {name: chain for name, chain in new.items() if old.get(name) != chain}
    lines = [f"add chain {ip} {TABLE} {name}{_hook(chain)}" for name, chain in changed.items() if name not in old]
    lines += [f"flush chain {ip} {TABLE} {name}" for name in changed if name in old]
    return lines + [f"add rule {ip} {TABLE} {name} {rule}" for name, chain in changed.items() for rule in chain.rules]


def _hook(chain: Chain) -> str:
    return f" {{ {chain.hook}; }}" if chain.hook else ""


def _elements(verb: str, elements: Iterable[Element], ip: str) -> list[str]:
    by_set: dict[str, list[str]] = {}
    for element in elements:
        by_set.setdefault(element.set, []).append(render(element) if verb == "add" else element.key)
    return [f"{verb} element {ip} {TABLE} {name} {{ {', '.join(texts)} }}" for name, texts in by_set.items()]
