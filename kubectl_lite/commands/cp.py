"""`kubectl_lite cp`: copies files and folders to and from containers, as a tar stream through `exec`.

Source: k8s.io/kubectl/pkg/cmd/cp. The container needs `tar`. What comes from a pod is written below the destination
and nowhere else, whatever names the archive holds.
"""

from __future__ import annotations

import io
import os
import sys
import tarfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.progress import Progress
from kubectl_lite.session import Session

Json = dict[str, Any]
CHUNK = 65536


@dataclass(frozen=True)
class Place:
    """`[[NAMESPACE/]POD:]PATH`."""

    path: str
    pod: str = ""
    namespace: str = ""

    @classmethod
    def read(cls, text: str) -> Place:
        """Raises CommandError. What begins like a path, or has no colon, is local."""
        pod, colon, path = text.partition(":")
        if not colon or text.startswith(("/", ".")):
            return cls(text)
        if not pod:
            raise CommandError("filespec must match the canonical format: [[namespace/]pod:]file/path")
        namespace, slash, name = pod.rpartition("/")
        if slash and (not namespace or "/" in namespace):
            raise CommandError("filespec must match the canonical format: [[namespace/]pod:]file/path")
        return cls(path, name, namespace)


@command("cp")
@click.argument("args", nargs=-1)
@click.option("-c", "--container", default="", help="Container name. If omitted, the pod's first container.")
@click.option("--no-preserve", is_flag=True, help="Do not keep owners and modes in the container.")
@click.option("--retries", default=0, help="Taken; a broken copy is reported.")
async def cli(session: Session, args: tuple[str, ...], container: str, no_preserve: bool, retries: int) -> int:
    """Copy files and directories to and from containers."""
    if len(args) != 2:
        raise CommandError("source and destination are required")
    source, target = map(Place.read, args)
    if source.pod and target.pod:
        raise CommandError("one of src or dest must be a local file specification")
    if not source.path or not target.path:
        raise CommandError("filepath can not be empty")
    if source.pod:
        await _from_pod(session, source, Path(target.path), container)
    elif target.pod:
        await _to_pod(session, _existing(source.path), target, container, no_preserve)
    else:
        raise CommandError("one of src or dest must be a remote file specification")
    return 0


async def _exec(
    session: Session, place: Place, container: str, argv: tuple[str, ...], out: Callable[[bytes], None],
    source: Callable[[Callable[[bytes], Awaitable[None]]], Awaitable[None]] | None = None,
) -> int:  # fmt: skip
    """Runs a command in the pod; what it says on standard error is shown."""
    from kubectl_lite.picking import container_of
    from kubectl_lite.streams import STDOUT, connected, converse, exit_code, path_of

    namespace = place.namespace or session.namespace
    pod = await session.get(f"/api/v1/namespaces/{namespace}/pods/{place.pod}")
    if (phase := pod.get("status", {}).get("phase")) in ("Succeeded", "Failed"):
        raise CommandError(f"cannot exec into a container in a completed pod; current phase is {phase}")
    name = container or container_of(pod, "")
    path = path_of(pod, "exec", name, argv, stdin=source is not None, stdout=True, stderr=True)

    def sink(channel: int, data: bytes) -> None:
        if channel == STDOUT:
            out(data)
        else:
            sys.stdout.buffer.write(data)  # with the answer, as kubectl does
            sys.stdout.flush()

    async with connected(session, path) as socket:
        return exit_code(await converse(socket, sink, source))


# ---- to the pod ----


def _existing(path: str) -> Path:
    found = Path(path)
    if not found.exists():
        raise CommandError(f"{path} doesn't exist in local filesystem")
    return found.resolve()


async def _to_pod(session: Session, source: Path, place: Place, container: str, no_preserve: bool) -> None:
    target = PurePosixPath(place.path)
    if place.path.endswith("/") or await _is_folder(session, place, container):
        target = target / source.name
    archive = _packed(source, target.name)
    flags = ("--no-same-permissions", "--no-same-owner") if no_preserve else ()

    sent = 0

    async def send(write: Callable[[bytes], Awaitable[None]]) -> None:
        nonlocal sent
        for at in range(0, len(archive), CHUNK):
            await write(archive[at : at + CHUNK])
            sent = min(at + CHUNK, len(archive))

    argv = ("tar", *flags, "-xmf", "-", "-C", str(target.parent))
    async with Progress(lambda: f"{sent:,} of {len(archive):,} bytes sent"):
        code = await _exec(session, place, container, argv, lambda data: None, send)
    if code:
        raise CommandError(f"tar in the container ended with {code}", code=code)


async def _is_folder(session: Session, place: Place, container: str) -> bool:
    from contextlib import redirect_stdout

    with redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        return not await _exec(session, place, container, ("test", "-d", place.path), lambda data: None)


def _packed(source: Path, name: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(source, arcname=name)
    return buffer.getvalue()


# ---- from the pod ----


async def _from_pod(session: Session, place: Place, target: Path, container: str) -> None:
    data = bytearray()
    async with Progress(lambda: f"{len(data):,} bytes received"):
        code = await _exec(session, place, container, ("tar", "cf", "-", place.path), data.extend)
    if code:
        raise CommandError(f"tar in the container ended with {code}", code=code)
    _unpack(bytes(data), place.path.lstrip("/"), target)


def _unpack(data: bytes, prefix: str, target: Path) -> None:
    """Writes the archive's members, each below `target`; links are left out, as they may lead anywhere."""
    root = PurePosixPath(os.path.normpath(prefix))
    target = target / root.name if target.is_dir() else target
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            name = PurePosixPath(os.path.normpath(member.name.lstrip("/")))
            if not name.is_relative_to(root):
                print(f"warning: file {member.name!r} is outside target destination, skipping", file=sys.stderr)
                continue
            path = target / name.relative_to(root)
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.isfile():
                path.parent.mkdir(parents=True, exist_ok=True)
                content = archive.extractfile(member)
                assert content is not None
                path.write_bytes(content.read())
                path.chmod(member.mode & 0o777)
            else:
                print(f"warning: skipping symlink: {member.name!r} -> {member.linkname!r}", file=sys.stderr)
