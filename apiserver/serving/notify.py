"""Telling whoever started us that we are ready: the service manager's protocol (sd_notify).

Called by the app when the post-start hooks are done. It calls a datagram socket. Nothing happens when nobody asked.
"""

from __future__ import annotations

import contextlib
import os
import socket


def notify(state: str = "READY=1") -> None:
    """Sends to the socket that NOTIFY_SOCKET names, if there is one."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    # who asked may have gone since: a worker that is started again is the news of nobody
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
        sock.connect("\0" + path[1:] if path.startswith("@") else path)
        sock.send(state.encode())
