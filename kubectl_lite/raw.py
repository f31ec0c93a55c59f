"""`--raw PATH` of `create`, `replace` and `delete`: one request as it stands, and the answer as it comes.

Called by those commands. `get --raw` streams and is in `commands.get`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session


async def send_raw(session: Session, method: str, path: str, files: Sequence[str]) -> int:
    """Sends the one file (nothing, for a DELETE without one). Raises CommandError for several."""
    if not path.startswith("/"):
        raise CommandError(f'--raw must be a valid URL path: parse "{path}": invalid URI for request')
    if len(files) > 1:
        raise CommandError("--raw can only use a single local file or stdin")
    if not files and method != "DELETE":
        raise CommandError("must specify one of -f and -k")
    body = _text(files[0]) if files else ""
    answer = await session.request(method, path, body=body.encode() if body else None)
    sys.stdout.write(json.dumps(answer, separators=(",", ":"), ensure_ascii=False))
    return 0


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text()
    except OSError as why:
        raise CommandError(f"open {file}: {(why.strerror or '').lower()}") from why
