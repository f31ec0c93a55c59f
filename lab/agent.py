"""The agent in a guest: starts processes and runs commands there for the lab. `python -m lab.agent`.

Started by `lab.fleet` as a guest's one command; `lab.guests` is its client. A guest is another kernel, so what the
lab does to its other machines by entering their namespaces it must ask for here. Whoever asks must know the secret
in the file: pods share the network with this socket.

A request is one line of JSON with the secret and an operation; `start`, `start_time` and `kill` answer with one
line. `execute` goes on in frames, each a channel (0 stdin, 1 stdout, 2 stderr, 3 exit code), a length and bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hmac
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

from kube import linux
from lab import spawn

STDIN, STDOUT, STDERR, EXIT = range(4)
FRAME = struct.Struct("!BI")


def frame(channel: int, data: bytes) -> bytes:
    return FRAME.pack(channel, len(data)) + data


class Agent:
    """One guest's agent."""

    def __init__(self, secret: str):
        self.secret = secret

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            request = json.loads(await reader.readline())
            if not hmac.compare_digest(request.pop("secret", ""), self.secret):
                return
            if request["operation"] == "execute":
                await _execute(request, reader, writer)
            else:
                writer.write(json.dumps(self.answer(request)).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError, KeyError, asyncio.IncompleteReadError) as error:
            print(f"request failed: {error!r}", file=sys.stderr)
        finally:
            writer.close()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The operations that end at once."""
        match request["operation"]:
            case "start":
                try:
                    return {"pid": spawn.start(request["argv"], log=Path(request["log"]), env=request["env"])}
                except spawn.SpawnError as error:
                    return {"error": str(error)}
            case "start_time":
                return {"start_time": linux.start_time(request["pid"])}
            case "kill":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(request["pid"], request["signal"])
        return {}


async def _execute(request: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        process = await asyncio.create_subprocess_exec(
            *request["argv"], env=request["env"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        writer.write(frame(STDERR, f"{request['argv'][0]}: {error.strerror}\n".encode()) + frame(EXIT, b"127"))
        return
    feeder = asyncio.create_task(_feed(process, reader))
    try:
        await asyncio.gather(_pump(process.stdout, STDOUT, writer), _pump(process.stderr, STDERR, writer))
        code = await process.wait()
        writer.write(frame(EXIT, str(code if code >= 0 else 128 - code).encode()))
    finally:
        feeder.cancel()


async def _feed(process: asyncio.subprocess.Process, reader: asyncio.StreamReader) -> None:
    """Passes standard input on. A client that goes away ends its command."""
    try:
        while True:
            _, length = FRAME.unpack(await reader.readexactly(FRAME.size))
            data = await reader.readexactly(length)
            with contextlib.suppress(OSError):
                if data:
                    process.stdin.write(data)
                    await process.stdin.drain()
                else:
                    process.stdin.close()
    except (OSError, asyncio.IncompleteReadError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def _pump(source: asyncio.StreamReader, channel: int, writer: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        writer.write(frame(channel, data))
        await writer.drain()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.agent", description=__doc__.split("\n\n")[0])
    parser.add_argument("--listen", required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--secret-file", required=True, type=Path)
    parser.add_argument("--setup", type=Path, help="a shell script to run first: the guest's network")
    options = parser.parse_args()
    if options.setup:
        subprocess.run(["sh", "-e", str(options.setup)], check=True)
    linux.adopt_orphans()
    host, _, port = options.listen.rpartition(":")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(Agent(options.secret_file.read_text().strip()), host, int(port)))


async def _serve(agent: Agent, host: str, port: int) -> None:
    server = await asyncio.start_server(agent.serve, host, port)
    async with server, asyncio.TaskGroup() as tasks:
        tasks.create_task(_reap_orphans())
        await server.serve_forever()


async def _reap_orphans() -> None:
    """Processes that `start` left are children of ours: take their exit codes, so that none stays a zombie."""
    while True:
        await asyncio.sleep(0.2)
        for pid in _zombies():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)  # noqa: ASYNC222, it does not wait


def _zombies() -> list[int]:
    """Dead children that asyncio does not know of: those in sessions of their own."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            if fields[0] == "Z" and int(fields[1]) == os.getpid() and int(fields[3]) == int(name):
                found.append(int(name))
    return found


if __name__ == "__main__":
    main()
