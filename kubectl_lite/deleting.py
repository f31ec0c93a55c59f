"""What a deletion asks for besides the object, and the wait until it is gone.

Called by the commands that delete: `delete`, `replace --force`, `apply --force`, `run --rm`, `drain`.
"""

from __future__ import annotations

import asyncio

from kubectl_lite.errors import CommandError
from kubectl_lite.resources import Target
from kubectl_lite.session import Session

POLICIES = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan", "true": "Background",
            "false": "Orphan"}  # fmt: skip


def policy_of(cascade: str) -> str:
    """The deletion's `propagationPolicy` that `--cascade` means. Raises CommandError."""
    if cascade not in POLICIES:
        raise CommandError(f'invalid cascade value ({cascade}). Must be "background", "foreground", or "orphan"')
    return POLICIES[cascade]


async def wait_until_gone(session: Session, target: Target, uid: str, limit: float | None) -> None:
    """Waits for the deletion of just this object; one of the same name that came after it counts as gone."""
    by_name = {"fieldSelector": f"metadata.name={target.name}"}
    collection = target.mapping.path(target.namespace)
    try:
        async with asyncio.timeout(limit):
            while True:
                listed = await session.get(collection, params=by_name)
                if all(item["metadata"]["uid"] != uid for item in listed.get("items") or ()):
                    return
                params = by_name | {"resourceVersion": listed["metadata"]["resourceVersion"]}
                async with session.watch(collection, params=params) as events:
                    async for event in events:
                        if event["type"] == "DELETED" and event["object"]["metadata"]["uid"] == uid:
                            return
                        if event["type"] == "ERROR":
                            break
    except TimeoutError:
        raise CommandError(f"timed out waiting for the condition on {target.mapping.plural}/{target.name}") from None
