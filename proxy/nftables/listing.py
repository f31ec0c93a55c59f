"""Reads what `nft list table` prints back into elements, chains and sets, to compare it with what is wanted.

Called by `proxier`, when somebody else may have changed the table. It calls nothing; pure.
nft prints rules otherwise than it was given them, so their text is compared with what nft prints of the same rules
elsewhere (`kernel.Nft.printed`). It leaves out the elements of timed sets, which are the packets' own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from proxy.nftables.lower import Element
from proxy.steps import Steps, at_once, pages

_BLOCK = re.compile(r"^\t(map|set|chain) (\S+) \{", re.MULTILINE)
_COMMENT = re.compile(r' comment "[^"]*"')

PIECE = 2000
"""Elements read in one step."""


class Listing(NamedTuple):
    """elements: (set, key) -> element; chains: name -> its lines; sets: name -> (`map` or `set`, its declaration)."""

    elements: dict[tuple[str, str], Element]
    chains: dict[str, tuple[str, ...]]
    sets: dict[str, tuple[str, str]]


def parse(text: str) -> Listing:
    """One table's listing."""
    return at_once(parse_in_steps(text))


def parse_in_steps(text: str) -> Steps[Listing]:
    """The same, a few milliseconds at a time."""
    listing = Listing({}, {}, {})
    for block in text.split("\n\t}\n"):
        start = _BLOCK.search(block)
        if start is None:
            continue  # what is left after the last one
        kind, name = start.groups()
        body = block[start.end() :]
        if kind == "chain":
            listing.chains[name] = tuple(filter(None, map(str.strip, body.splitlines())))
            continue
        declaration, _, elements = body.partition("elements = {")
        listing.sets[name] = kind, declaration.rstrip("\n\t ")
        if "dynamic" not in declaration:
            texts = elements.rpartition("}")[0].split(",") if elements else ()
            for page in pages(texts, PIECE):
                listing.elements.update(((name, e.key), e) for e in (_element(name, one) for one in page))
                yield
    return listing


def _element(name: str, text: str) -> Element:
    key, _, value = _COMMENT.sub("", text.strip()).partition(" : ")
    return Element(name, key.strip(), value.strip())
