"""Forwards TCP connections from one network to another: `python -m lab.forward --listen-fd N --to HOST:PORT`.

Started by the lab. A socket belongs to the network in which it was opened, so a process in one network that
inherited a listening socket of another joins the two: an existing etcd to the lab's API server, a load balancer to
the machine's loopback. It looks at no byte of what it passes on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import sys


async def forward(listener: socket.socket, host: str, port: int) -> None:
    """Serves until cancelled."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError as error:
            print(f"{host}:{port}: {error}", file=sys.stderr)
            writer.close()
            return
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            far_writer.close()
            writer.close()

    server = await asyncio.start_server(serve, sock=listener)
    await server.serve_forever()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
            return
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.forward", description=__doc__.split("\n\n")[0])
    parser.add_argument("--listen-fd", type=int, required=True, help="an inherited listening socket")
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    options = parser.parse_args()
    host, _, port = options.to.rpartition(":")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(forward(socket.socket(fileno=options.listen_fd), host.strip("[]"), int(port)))


if __name__ == "__main__":
    main()
