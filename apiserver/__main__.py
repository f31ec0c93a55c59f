"""`python -m apiserver`: flags, sockets, workers, signals.

Called from the command line. It calls the app and uvicorn. With several workers this process only opens the sockets and
keeps that many children alive, each a whole API server with its own watch cache on the same sockets.
"""

from __future__ import annotations

import gc
import logging
import socket
import ssl
import sys
from collections.abc import Sequence
from dataclasses import replace

import uvloop

from apiserver.app import App, default_address
from apiserver.config import Config, parse
from apiserver.serving.server import bind, inherited, make_server
from apiserver.serving.tls import self_signed_context, server_context
from apiserver.serving.workers import Supervisor
from kube import process_metrics

log = logging.getLogger("apiserver")
_LEVELS = {0: logging.INFO, 1: logging.INFO, 2: logging.INFO}


def sockets_of(config: Config) -> list[socket.socket]:
    """Those of our own and those that were inherited."""
    own = [bind(config.bind_address, config.secure_port)] if config.secure_port else []
    return own + inherited(config.listen_fd)


def tls_context(config: Config) -> ssl.SSLContext:
    """Made once, so that all workers show one certificate and know each other's sessions."""
    if config.tls_cert_file:
        return server_context(config.tls_cert_file, config.tls_private_key_file, config.client_ca_file)
    address = config.advertise_address or default_address(config.bind_address)
    return self_signed_context(["localhost", "kubernetes.default.svc", "127.0.0.1", address], config.client_ca_file)


async def serve(config: Config, sockets: list[socket.socket], context: ssl.SSLContext) -> None:
    """One server, until it is told to stop."""
    process_metrics.register()
    app = App(config)
    server = make_server(app.asgi, context, app.close_streams)
    tune_garbage_collection()
    await server.serve(sockets=sockets)


def tune_garbage_collection() -> None:
    """What has been loaded stays for ever, and a request leaves no cycles behind but a failed one's: looking for them
    seven hundred objects apart, as Python does, takes a tenth of the time of a write."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def work(config: Config, sockets: list[socket.socket], context: ssl.SSLContext) -> int:
    """One server from beginning to end; the exit code."""
    uvloop.run(serve(config, sockets, context))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code."""
    config = parse(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(
        stream=sys.stderr, level=_LEVELS.get(config.v, logging.DEBUG),
        format="%(asctime)s %(levelname).1s %(name)s: %(message)s",
    )  # fmt: skip
    try:
        config.validate()
        App(config)  # reads what the flags name; whoever serves makes its own
        context, sockets = tls_context(config), sockets_of(config)
    except (ValueError, OSError) as error:
        log.error("command failed: %s", error)
        return 1
    if config.workers == 1:
        return work(config, sockets, context)
    gc.collect()
    gc.freeze()  # collections must not touch what workers share
    one = replace(config, workers=1, advertise_port=config.public_port)
    return Supervisor(lambda: work(one, sockets, context), config.workers).run()


if __name__ == "__main__":
    sys.exit(main())
