"""Quoted words of JSONPath and Go templates: `"a\\n"`, `'it\\'s'`, with all of Go's escapes. Pure."""

from __future__ import annotations

import re

from kubectl_lite.printers.jsonpath.nodes import JSONPathError

_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))|\\", re.S)


def unquoted(word: str) -> str:
    """What a word between two quotes says. Raises JSONPathError for an escape that there is none of."""
    quote, inside = word[0], word[1:-1]

    def one(found: re.Match[str]) -> str:
        code = found[1] or found[2] or found[3]
        if code or found[4]:
            return chr(int(code, 16) if code else int(found[4], 8))
        if found[5] == quote:
            return quote
        if found[5] not in _SIMPLE:
            raise JSONPathError(f"unquote string {word} error invalid syntax")
        return _SIMPLE[found[5]]

    return _ESCAPE.sub(one, inside)
