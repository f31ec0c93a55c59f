"""Constants as Go writes them: `"a\\n"`, `` `raw` ``, `12`, `-1.5`. Read by `printers.go_template`. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

LITERAL = r"\"(?:\\.|[^\"\\])*\"|`[^`]*`|[-+]?\d+(?:\.\d+)?\b"


def literal(word: str) -> Any:
    """The value of a text that LITERAL matches."""
    if word.startswith("`"):
        return word[1:-1]
    if word.startswith('"'):
        escapes = {r"\a": "\a", r"\v": "\v", r"\'": "'"}
        return json.loads(re.sub(r"\\[av']", lambda found: json.dumps(escapes[found[0]])[1:-1], word), strict=False)
    return float(word) if "." in word else int(word)
