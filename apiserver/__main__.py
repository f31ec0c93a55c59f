"""`python -m apiserver`: flags, sockets, workers, signals.

Called from the command line. It calls the app and uvicorn. With several workers this process only opens the sockets and
keeps that many children alive, each a whole API server with its own watch cache on the same sockets.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

import uvloop

from apiserver.app import App
from apiserver.config import Config, parse
from apiserver.serving.server import bind, inherited, make_server
from apiserver.serving.tls import self_signed_context, server_context

log = logging.getLogger("apiserver")
_LEVELS = {0: logging.INFO, 1: logging.INFO, 2: logging.INFO}


def sockets_of(config: Config) -> list[socket.socket]:
    """Those of our own and those that were inherited."""
    own = [bind(config.bind_address, config.secure_port)] if config.secure_port else []
    return own + inherited(config.listen_fd)


async def serve(config: Config, sockets: list[socket.socket]) -> None:
    """One server, until it is told to stop."""
    app = App(config)
    if config.tls_cert_file:
        context = server_context(config.tls_cert_file, config.tls_private_key_file, config.client_ca_file)
    else:
        context = self_signed_context(["localhost", "kubernetes.default.svc", "127.0.0.1", app.address])
    server = make_server(app.asgi, context, app.close_streams)
    tune_garbage_collection()
    await server.serve(sockets=sockets)


def tune_garbage_collection() -> None:
    """What has been loaded stays for ever, and a request leaves no cycles behind but a failed one's: looking for them
    seven hundred objects apart, as Python does, takes a tenth of the time of a write."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def supervise(config: Config, argv: Sequence[str], sockets: list[socket.socket]) -> int:
    """Keeps the workers alive until a signal; then stops them."""
    descriptors = [s.fileno() for s in sockets]
    for sock in sockets:
        sock.set_inheritable(True)
    own = ["--workers", "1", "--secure-port", "0", "--advertise-port", str(config.secure_port)]
    command = [sys.executable, "-m", "apiserver", *argv, *own]
    for descriptor in descriptors:
        command += ["--listen-fd", str(descriptor)]
    workers = [subprocess.Popen(command, pass_fds=descriptors) for _ in range(config.workers)]
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        for worker in workers:
            worker.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while True:
        pid, status = os.wait()
        worker = next((w for w in workers if w.pid == pid), None)
        if worker is None:
            continue
        worker.returncode = os.waitstatus_to_exitcode(status)
        workers.remove(worker)
        if not stopping:
            log.warning("worker %d ended with %d, starting another", pid, worker.returncode)
            workers.append(subprocess.Popen(command, pass_fds=descriptors))
        elif not workers:
            return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code."""
    argv = sys.argv[1:] if argv is None else argv
    config = parse(argv)
    logging.basicConfig(
        stream=sys.stderr, level=_LEVELS.get(config.v, logging.DEBUG),
        format="%(asctime)s %(levelname).1s %(name)s: %(message)s",
    )  # fmt: skip
    sockets = sockets_of(config)
    if config.workers > 1:
        return supervise(config, argv, sockets)
    try:
        uvloop.run(serve(config, sockets))
    except ValueError as error:
        log.error("the flags are not right: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
