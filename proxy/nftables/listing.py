"""Reads what `nft list table` prints back into elements, chains and sets, to compare it with what is wanted.

Called by `proxier`, when somebody else may have changed the table. It calls nothing; pure.
nft prints rules otherwise than it was given them, so their text is compared with what nft prints of the same rules
elsewhere (`kernel.Nft.printed`). It leaves out the elements of timed sets, which are the packets' own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from proxy.nftables.lower import Element

_BLOCK = re.compile(r"^\t(map|set|chain) (\S+) \{", re.MULTILINE)
_ELEMENTS = re.compile(r"elements = \{(.*?)\}\n", re.DOTALL)
_COMMENT = re.compile(r' comment "[^"]*"')


class Listing(NamedTuple):
    """elements: (set, key) -> element; chains: name -> its lines; sets: name -> (`map` or `set`, its declaration)."""

    elements: dict[tuple[str, str], Element]
    chains: dict[str, tuple[str, ...]]
    sets: dict[str, tuple[str, str]]


def parse(text: str) -> Listing:
    """One table's listing."""
    listing = Listing({}, {}, {})
    starts = list(_BLOCK.finditer(text))
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        kind, name = start.groups()
        body = text[start.end() : end]
        if kind == "chain":
            listing.chains[name] = tuple(filter(_is_line, map(str.strip, body.splitlines())))
        else:
            declaration = body.partition("elements = {")[0].rstrip("\n}\t ")
            listing.sets[name] = kind, declaration
            if "dynamic" not in declaration:
                listing.elements.update(((name, e.key), e) for e in _elements(name, body))
    return listing


def _is_line(line: str) -> bool:
    return bool(line) and line != "}"


def _elements(name: str, body: str) -> list[Element]:
    found = _ELEMENTS.search(body)
    if not found:
        return []
    return [_element(name, text) for text in found.group(1).split(",")]


def _element(name: str, text: str) -> Element:
    key, _, value = _COMMENT.sub("", text.strip()).partition(" : ")
    return Element(name, key.strip(), value.strip())
