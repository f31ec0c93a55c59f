"""Reads what `nft list table` prints back into elements, chains and sets, to compare it with what is wanted.

Called by `proxier`, when somebody else may have changed the table. It calls nothing; pure.
It leaves out the text of rules, which nft may print otherwise than it was given: of a chain only the number of rules
and the first words count.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from proxy.nftables.lower import Element

_BLOCK = re.compile(r"^\t(map|set|chain) (\S+) \{", re.MULTILINE)
_ELEMENTS = re.compile(r"elements = \{(.*?)\}\n", re.DOTALL)
_COMMENT = re.compile(r' comment "[^"]*"')


class Listing(NamedTuple):
    """elements: (set, key) -> element; chains: name -> how many rules; sets: name -> `map` or `set`."""

    elements: dict[tuple[str, str], Element]
    chains: dict[str, int]
    sets: dict[str, str]


def parse(text: str) -> Listing:
    """One table's listing."""
    listing = Listing({}, {}, {})
    starts = list(_BLOCK.finditer(text))
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        kind, name = start.groups()
        body = text[start.end() : end]
        if kind == "chain":
            listing.chains[name] = sum(1 for line in body.splitlines() if _is_rule(line.strip()))
        else:
            listing.sets[name] = kind
            if "dynamic" not in body.partition("elements")[0]:
                listing.elements.update(((name, e.key), e) for e in _elements(name, body))
    return listing


def _is_rule(line: str) -> bool:
    return bool(line) and line != "}" and not line.startswith("type ")


def _elements(name: str, body: str) -> list[Element]:
    found = _ELEMENTS.search(body)
    if not found:
        return []
    return [_element(name, text) for text in found.group(1).split(",")]


def _element(name: str, text: str) -> Element:
    key, _, value = _COMMENT.sub("", text.strip()).partition(" : ")
    return Element(name, key.strip(), value.strip())
