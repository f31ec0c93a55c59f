"""`kubectl_lite cp`: copies files and folders to and from containers, as a tar stream through `exec`.

Source: k8s.io/kubectl/pkg/cmd/cp. The container needs `tar`. What comes from a pod is written below the destination
and nowhere else, whatever names the archive holds.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.progress import Progress
from kubectl_lite.session import Session

Json = dict[str, Any]
CHUNK = 65536
Source = Callable[[Callable[[bytes], Awaitable[None]]], Awaitable[None]]


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
        return await _from_pod(session, source, Path(target.path), container)
    if target.pod:
        return await _to_pod(session, _existing(source.path), target, container, no_preserve)
    raise CommandError("one of src or dest must be a remote file specification")


async def _exec(
    session: Session, place: Place, container: str, argv: tuple[str, ...], out: Callable[[bytes], object],
    said: BinaryIO | None, source: Source | None = None,
) -> int:  # fmt: skip
    """Runs a command in the pod and returns its exit code; `said` takes its standard error, None drops it."""
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
        elif said is not None:
            said.write(data)
            said.flush()

    async with connected(session, path) as socket:
        return exit_code(await converse(socket, sink, source), quiet=said is None)


# ---- to the pod ----


def _existing(path: str) -> Path:
    found = Path(path)
    if not found.exists():
        raise CommandError(f"{path} doesn't exist in local filesystem")
    return found.resolve()


async def _to_pod(session: Session, source: Path, place: Place, container: str, no_preserve: bool) -> int:
    target = PurePosixPath(place.path)
    if place.path.endswith("/") or await _is_folder(session, place, container):
        target = target / source.name
    flags = ("--no-same-permissions", "--no-same-owner") if no_preserve else ()
    argv = ("tar", *flags, "-xmf", "-", "-C", str(target.parent))
    with _packed(source, target.name) as archive:
        size = os.fstat(archive.fileno()).st_size

        async def send(write: Callable[[bytes], Awaitable[None]]) -> None:
            while chunk := archive.read(CHUNK):
                await write(chunk)

        async with Progress(lambda: f"{archive.tell():,} of {size:,} bytes sent"):
            return await _exec(session, place, container, argv, lambda data: None, sys.stderr.buffer, send)


async def _is_folder(session: Session, place: Place, container: str) -> bool:
    return not await _exec(session, place, container, ("test", "-d", place.path), lambda data: None, None)


def _packed(source: Path, name: str) -> BinaryIO:
    """The archive, in a file without a name, from its beginning."""
    file = TemporaryFile()  # noqa: SIM115 (whoever asked for it closes it)
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(source, arcname=name)
    file.seek(0)
    return file


# ---- from the pod ----


async def _from_pod(session: Session, place: Place, target: Path, container: str) -> int:
    with TemporaryFile() as file:
        async with Progress(lambda: f"{file.tell():,} bytes received"):
            code = await _exec(session, place, container, ("tar", "cf", "-", place.path), file.write, sys.stdout.buffer)
        if not code:
            file.seek(0)
            _unpack(file, place, target)
        return code


def _unpack(file: BinaryIO, place: Place, target: Path) -> None:
    """Writes the archive's members, each below `target`; links are left out, as they may lead anywhere."""
    root = PurePosixPath(os.path.normpath(place.path.lstrip("/")))
    line = f'kubectl_lite exec -n "{place.namespace}" "{place.pod}" -- tar cf - "{place.path}" | tar xf -'
    hint = f' (consider using "{line}")'
    with tarfile.open(fileobj=file) as archive:
        for member in archive:
            name = PurePosixPath(os.path.normpath(member.name.lstrip("/")))
            if not name.is_relative_to(root):
                print(f"warning: file {member.name!r} is outside target destination, skipping", file=sys.stderr)
                continue
            path = target / name.relative_to(root)
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.isfile():
                _write(archive, member, path / root.name if name == root and path.is_dir() else path)
            else:
                print(f'warning: skipping symlink: "{path}" -> "{member.linkname}"{hint}', file=sys.stderr)
                hint = ""  # once is enough


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    assert content is not None
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
    path.chmod(member.mode & 0o777)
