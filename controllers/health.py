"""What the manager says of itself: `/healthz`, `/livez`, `/readyz` and `/metrics`.

Called by `controllers.manager`. It calls `kube.http_server`. It leaves out TLS and authorization: it listens on
loopback unless told otherwise, and shows nothing secret.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from kube.http_server import Answer, Below, HttpServer, metrics


@asynccontextmanager
async def serve(
    address: str,
    port: int,
    ready: Callable[[], bool],
    refresh: Callable[[], None],
    below: Mapping[str, Below] | None = None,
) -> AsyncIterator[int]:
    """Serves while the block runs, and gives the port. `ready` answers `/readyz`; `refresh` is called before metrics
    are shown; `below` answers for whole subtrees of paths."""

    def show_metrics() -> Answer:
        refresh()
        return metrics()

    def readyz() -> Answer:
        return Answer("ok") if ready() else Answer("informers have not synced", 500)

    alive = {path: lambda: Answer("ok") for path in ("/healthz", "/livez")}
    server = HttpServer({**alive, "/readyz": readyz, "/metrics": show_metrics}, below)
    bound = await server.start(address, port)
    try:
        yield bound
    finally:
        await server.stop()
