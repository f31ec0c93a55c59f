"""Values as the real server prints them in an error where it prints a Go struct instead of the wire form.

Called where Kubernetes validates internal types, whose JSON has Go's field names: a duplicate Service port is
`{"Name":"","Protocol":"TCP",...}`. It calls nothing. Clients only show these texts.
"""

from __future__ import annotations

import json
from typing import Any


class GoStruct:
    """Field name -> value, in Go's order. `errors.quoted` prints it as JSON."""

    def __init__(self, **fields: Any):
        self._fields = fields

    def to_json(self) -> bytes:
        return json.dumps(self._fields, separators=(",", ":"), ensure_ascii=False).encode()
