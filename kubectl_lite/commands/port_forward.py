"""`kubectl_lite port-forward`: ports of this machine that lead to a pod's ports, until interrupted.

Source: k8s.io/kubectl/pkg/cmd/portforward. Every connection that comes in gets a websocket of its own, whose channel 0
carries data and channel 1 errors; each begins with its port as two bytes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from ipaddress import ip_address
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.durations import DURATION
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.session import Session

Json = dict[str, Any]
PROTOCOL = "v4.channel.k8s.io"


@command("port-forward")
@click.argument("what", default="")
@click.argument("ports", nargs=-1)
@click.option("--address", multiple=True, default=["localhost"], help="Addresses to listen on, separated by commas.")
@click.option("--pod-running-timeout", type=DURATION, default="1m0s", help="How long to wait for a pod that runs.")
async def cli(
    session: Session, what: str, ports: tuple[str, ...], address: tuple[str, ...], pod_running_timeout: str
) -> int:
    """Forward one or more local ports to a pod."""
    from kubectl_lite.durations import seconds
    from kubectl_lite.picking import for_streams, pod_of, target_of

    if not what or not ports:
        raise usage("port-forward", "TYPE/NAME and list of ports are required for port-forward")
    target = await target_of(session, what)
    pod = await pod_of(session, target, for_streams, seconds(pod_running_timeout))
    service = await session.get(target.path) if target.mapping.kind == "Service" else None
    pairs = [translate(word, pod, service) for word in ports]
    phase = pod.get("status", {}).get("phase")
    if phase != "Running":
        raise CommandError(f"unable to forward port because pod is not running. Current status={phase}")
    addresses = [_check_address(text) for given in address for text in given.split(",")]
    async with AsyncExitStack() as stack:
        if not any([await _listen(stack, session, pod, addresses, *pair) for pair in pairs]):
            tried = " ".join(f"{{{local} {remote}}}" for local, remote in pairs)
            raise CommandError(f"unable to listen on any of the requested ports: [{tried}]")
        await asyncio.Event().wait()
    return 0


def _check_ports(local: str, remote: str) -> None:
    for which, text in (("local", local), ("remote", remote)):
        if text.isdigit() and int(text) > 65535:
            why = f'strconv.ParseUint: parsing "{text}": value out of range'
            raise CommandError(f"error parsing {which} port '{text}': {why}")


def _check_address(text: str) -> str:
    try:
        return text if text == "localhost" else str(ip_address(text))
    except ValueError:
        raise CommandError(f"{text} is not a valid IP") from None


def translate(word: str, pod: Json, service: Json | None) -> tuple[int, int]:
    """`8080:80`, `80`, `:80`, `8080:http` -> local port (0: any) and container port. Raises CommandError."""
    local, colon, remote = word.partition(":")
    remote = remote if colon else local
    if ":" in remote:
        raise CommandError(f"invalid port format '{word}'")
    _check_ports(local, remote)
    if service is not None:
        target = _service_port(service, remote)
        number = _container_port(pod, str(target), service["metadata"]["name"]) if target else int(remote)
    else:
        number = _container_port(pod, remote, pod["metadata"]["name"])
    if colon and local and not local.isdigit():
        raise CommandError(f"error parsing local port {local!r}: strconv.ParseUint: parsing {local!r}: invalid syntax")
    here = (int(local) if local else 0) if colon else (int(local) if local.isdigit() else number)
    return here, number


def _service_port(service: Json, word: str) -> Any:
    """The target of a Service's port; its own number for a headless Service. Raises CommandError."""
    name = service["metadata"]["name"]
    for port in service["spec"].get("ports") or ():
        if word in (str(port["port"]), port.get("name")):
            headless = service["spec"].get("clusterIP") == "None"
            return port["port"] if headless else port.get("targetPort") or port["port"]
    raise CommandError(f"Service {name} does not have a service port {word}" if word.isdigit() else
                       f"Service '{name}' does not have a named port '{word}'")  # fmt: skip


def _container_port(pod: Json, word: str, name: str) -> int:
    if word.isdigit():
        return int(word)
    for container in [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]:
        for port in container.get("ports") or ():
            if port.get("name") == word:
                return int(port["containerPort"])
    raise CommandError(f"Pod '{name}' does not have a named port '{word}'")


async def _listen(
    stack: AsyncExitStack, session: Session, pod: Json, addresses: Sequence[str], local: int, remote: int
) -> bool:
    """Opens the local port on each address. Whether one could be had; if not, that is said."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        print(f"Handling connection for {local}", flush=True)
        try:
            await _carry(session, pod, remote, reader, writer)
        except asyncio.CancelledError:
            pass  # we are interrupted
        except Exception as why:
            print(f"error: lost connection to pod: {getattr(why, 'message', why)}", file=sys.stderr)
        finally:
            writer.close()

    failures, heard = [], False
    for host in [h for a in addresses for h in (("127.0.0.1", "::1") if a == "localhost" else (a,))]:
        shown, kind = (f"[{host}]", "tcp6") if ":" in host else (host, "tcp4")
        try:
            server = await asyncio.start_server(serve, host, local)
        except OSError as why:
            said = os.strerror(why.errno).lower() if why.errno else str(why)
            failures.append(f"unable to create listener: Error listen {kind} {shown}:{local}: bind: {said}")
            continue
        await stack.enter_async_context(server)
        local = server.sockets[0].getsockname()[1]
        print(f"Forwarding from {shown}:{local} -> {remote}", flush=True)
        heard = True
    if not heard:
        print(f"Unable to listen on port {local}: Listeners failed to create with the following errors: "
              f"[{' '.join(failures)}]", file=sys.stderr)  # fmt: skip
    return heard


async def _carry(
    session: Session, pod: Json, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Copies one connection's bytes both ways until either side ends it."""
    from kubectl_lite.streams import connected

    meta = pod["metadata"]
    path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/portforward?ports={port}"
    async with connected(session, path, (PROTOCOL,)) as socket:
        up = asyncio.create_task(_up(reader, socket))
        down = asyncio.create_task(_down(socket, writer))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if up.done() and not down.done():  # half closed: the answer may still come
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(down), 5)
            if down.done():
                down.result()
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)


async def _up(reader: asyncio.StreamReader, socket: Any) -> None:
    while data := await reader.read(32768):
        await socket.send(b"\0" + data)


async def _down(socket: Any, writer: asyncio.StreamWriter) -> None:
    begun: set[int] = set()
    async for message in socket:
        channel, data = message[0], message[1:]
        if channel not in begun:  # the first message of a channel is its port
            begun.add(channel)
        elif channel == 1:
            raise CommandError(data.decode(errors="replace"))
        else:
            writer.write(data)
            await writer.drain()
