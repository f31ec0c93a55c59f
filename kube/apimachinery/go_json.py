"""JSON as Go's encoder writes it where it differs from others': `<`, `>` and `&` are escaped. Pure.

Called by `types` for whatever is encoded, and by the API server where it writes JSON of its own.
"""

from __future__ import annotations


def escaped(data: bytes) -> bytes:
    """The same JSON: the three signs stand in strings only."""
    if b"&" in data:
        data = data.replace(b"&", rb"\u0026")
    if b"<" in data:
        data = data.replace(b"<", rb"\u003c")
    if b">" in data:
        data = data.replace(b">", rb"\u003e")
    return data
