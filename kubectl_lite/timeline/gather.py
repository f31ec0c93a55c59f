"""Asks the controllers, every node's proxy and the API server what they remember of a Service's last changes.

Called by `kubectl_lite.commands.timeline`. It calls `kubectl_lite.debugging`. It also notes a clock that is ahead of
ours; one that is behind shows in what it says (`join.clock_shifts`).
"""

from __future__ import annotations

import asyncio
import time

from kubectl_lite.debugging import ask, ask_proxy
from kubectl_lite.session import Session
from kubectl_lite.timeline.join import CONTROLLER, Memories, revisions


async def gather(session: Session, namespace: str, service: str) -> tuple[Memories, list[str]]:
    """What they remember, and notes: who could not be asked, whose clock differs."""
    notes: list[str] = []
    await session.get(f"/api/v1/namespaces/{namespace}/services/{service}")
    listed = await ask(session, "/api/v1/nodes")
    if listed.answer is None:
        notes.append(f"could not list nodes: {listed.error}")
    names = [node["metadata"]["name"] for node in (listed.answer or {}).get("items") or ()]
    controllers, *nodes = await asyncio.gather(
        _controllers(session, namespace, service, notes),
        *(_proxy(session, name, namespace, service, notes) for name in names),
    )
    proxies = {name: rounds for name, rounds in zip(names, nodes, strict=True) if rounds}
    wanted = sorted(revisions(controllers, proxies), key=int)
    said = await ask(session, "/debug/revisions", of=",".join(wanted))
    if said.answer is None:
        notes.append(f"could not ask the API server when revisions were stored: {said.error}")
    return Memories(controllers, proxies, said.answer or {}), notes


async def _controllers(session: Session, namespace: str, service: str, notes: list[str]) -> list[dict]:
    said = await ask(session, f"/debug/controllers/services/{namespace}/{service}")
    if said.answer is None:
        notes.append(f"could not ask the controllers: {said.error}")
        return []
    return said.answer["stages"].get(CONTROLLER) or []


async def _proxy(session: Session, node: str, namespace: str, service: str, notes: list[str]) -> list[dict]:
    said = await ask_proxy(session, node, namespace, service)
    if said.answer is None:
        notes.append(f"could not ask {node}: {said.error}")
        return []
    if (ahead := said.answer["now"] - time.time()) > 0:
        notes.append(f"the clock of {node} is {ahead * 1000:.0f} ms ahead of this machine's, or more")
    return said.answer["stages"]
