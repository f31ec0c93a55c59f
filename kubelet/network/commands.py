"""Runs `ip` with lines of `ip -batch`. The one place where the kubelet changes the node's network.

Called by `kubelet.network.pods` and `kubelet.network.routes`; the lines come from `kubelet.network.plan`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence


class NetworkError(Exception):
    """What `ip` said."""


async def ip(*arguments: str, input: str = "") -> str:
    """One `ip` command. Raises NetworkError."""
    process = await asyncio.create_subprocess_exec(
        "ip", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(input.encode())
    if process.returncode:
        raise NetworkError(f"ip {' '.join(arguments)}: {err.decode(errors='replace').strip()}")
    return out.decode(errors="replace")


async def batch(lines: Sequence[str], netns: str = "", force: bool = False) -> None:
    """All lines in one `ip`; with `force` the ones that fail are passed over. Raises NetworkError."""
    if not lines:
        return
    where = ["-n", netns] if netns else []
    text = "".join(f"{line}\n" for line in lines)
    try:
        await ip(*where, *(["-force"] if force else []), "-batch", "-", input=text)
    except NetworkError:
        if not force:
            raise
