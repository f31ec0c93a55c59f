"""README's table of kinds, verbs and subresources is what the server's discovery documents say."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "discovery_table.py"))
    shown = (ROOT / "README.md").read_text().partition(script["BEGIN"])[2].partition(script["END"])[0]
    assert shown == script["table"](), "run scripts/discovery_table.py --write"
