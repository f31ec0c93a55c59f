"""Links of the documentation lead somewhere: to files that are there, and to headings that they have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def pages() -> list[str]:
    found = (page.relative_to(ROOT) for page in ROOT.rglob("*.md"))
    return sorted(str(page) for page in found if not re.search(r"(^|/)(\.|node_modules/)", str(page)))


def anchors(page: Path) -> set[str]:
    """As they are made of headings where the documentation is read."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    at = ROOT / page
    for link in _LINK.findall(re.sub(r"```.*?```", "", at.read_text(), flags=re.DOTALL)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (at.parent / path).resolve() if path else at
        assert target.exists(), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}"


def test_the_first_page_leads_to_all_others() -> None:
    seen, left = set(), [ROOT / "README.md"]
    while left:
        page = left.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(page.read_text()) if "://" not in link)
        left += [(page.parent / link).resolve() for link in links if link]
    assert {str(page.relative_to(ROOT)) for page in seen} == set(pages())
