"""What a deletion asks for besides the object, and the wait until it is gone.

Called by the commands that delete: `delete`, `replace --force`, `apply --force`, `run --rm`, `drain`.
"""

from __future__ import annotations

import math
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.resources import Target
from kubectl_lite.session import Session
from kubectl_lite.waiting import until

Json = dict[str, Any]
POLICIES = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan", "true": "Background",
            "false": "Orphan"}  # fmt: skip


def policy_of(cascade: str) -> str:
    """The deletion's `propagationPolicy` that `--cascade` means. Raises CommandError."""
    if cascade not in POLICIES:
        raise CommandError(f'invalid cascade value ({cascade}). Must be "background", "foreground", or "orphan"')
    return POLICIES[cascade]


async def wait_until_gone(session: Session, target: Target, uid: str, limit: float | None) -> None:
    """Waits for the deletion of just this object; one of the same name that came after it counts as gone."""

    def is_gone(obj: Json | None) -> bool:
        return obj is None or obj["metadata"]["uid"] != uid

    try:
        await until(session, target, is_gone, math.inf if limit is None else limit)
    except TimeoutError:
        raise CommandError(f"timed out waiting for the condition on {target.mapping.plural}/{target.name}") from None
