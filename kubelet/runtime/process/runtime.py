"""The runtime `process`: a container is a process in namespaces of its own, with a shim beside it.

Called by the kubelet through `kubelet.runtime.interface`. It calls `kubelet.network` for the pod's network, the
image table for what to run, and the shim, which does the rest. Nothing of a pod lives in this process: all is in
files and in the shims, so that a kubelet that was killed finds its pods again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kube import linux
from kubelet import images
from kubelet.network.commands import NetworkError
from kubelet.network.ipam import Exhausted
from kubelet.network.pods import PodNetwork
from kubelet.runtime.interface import ContainerRecord, ContainerSpec, PodRecord, RuntimeFailure, SandboxSpec
from kubelet.runtime.process import inside
from kubelet.runtime.process.records import Records, read_json, write_json

log = logging.getLogger(__name__)
SHIM = str(Path(__file__).with_name("shim.py"))
START_SECONDS = 30.0


class ProcessRuntime:
    """See `kubelet.runtime.interface.Runtime`."""

    name = "process"

    def __init__(self, root: Path, network: PodNetwork):
        self.root, self.network = root, network
        self.records = Records(root)
        self.on_change: Callable[[str], object] = lambda _uid: None
        self._cache: dict[str, PodRecord] = {}
        self._watchers: set[asyncio.Task[None]] = set()

    # ---- state ----

    async def start(self) -> None:
        """Reads the records and watches what still runs."""
        for uid in self.records.uids():
            record = self._reload(uid)
            for container in record.running if record else []:
                self._watch(uid, container)

    async def close(self) -> None:
        """Stops watching; containers go on."""
        for task in self._watchers:
            task.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)

    def pods(self) -> list[PodRecord]:
        return list(self._cache.values())

    def pod(self, uid: str) -> PodRecord | None:
        return self._cache.get(uid)

    def _reload(self, uid: str) -> PodRecord | None:
        record = self.records.pod(uid)
        if record is None:
            self._cache.pop(uid, None)
        else:
            self._cache[uid] = record
        return record

    def _watch(self, uid: str, container: ContainerRecord) -> None:
        task = asyncio.create_task(self._until_end(uid, container))
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)

    async def _until_end(self, uid: str, container: ContainerRecord) -> None:
        """The shim ends after its container, when it has noted how; a shim that was killed took its container along."""
        shim = read_json(self.records.attempt_directory(uid, container.name, container.attempt) / "shim.json")
        if shim and linux.start_time(shim["pid"]) == shim["start"]:
            await _process_end(shim["pid"])
        await _process_end(container.pid)
        self._reload(uid)
        self.on_change(uid)

    # ---- images ----

    def check_image(self, image: str) -> str:
        return self._image(image)[1]

    def _image(self, name: str) -> tuple[images.Image, str]:
        try:
            repository, tag = images.parse(name)
        except ValueError as error:
            raise RuntimeFailure("InvalidImageName", f'Failed to apply default image tag "{name}": {error}') from error
        image = images.TABLE.get(repository)
        if image is None:
            raise RuntimeFailure(
                "ErrImagePull",
                f'failed to pull image "{repository}:{tag}": not found; the process runtime knows '
                + ", ".join(sorted(images.TABLE)),
            )
        if lacking := images.missing(image):
            raise RuntimeFailure("ErrImagePull", f'failed to pull image "{repository}:{tag}": {lacking}')
        digest = hashlib.sha256(repr(image).encode()).hexdigest()
        return image, f"{repository}@sha256:{digest}"

    # ---- sandboxes ----

    async def run_sandbox(self, spec: SandboxSpec) -> PodRecord:
        directory = self.records.pod_directory(spec.uid)
        directory.mkdir(parents=True, exist_ok=True)
        try:
            ips = () if spec.host_network else await self.network.create(spec.uid)
        except (NetworkError, Exhausted) as error:
            raise RuntimeFailure(
                "FailedCreatePodSandBox", f"Failed to create pod sandbox: failed to set up its network: {error}"
            ) from error
        (directory / "resolv.conf").write_text(spec.resolv_conf)
        if not spec.host_network:
            (directory / "hosts").write_text(_hosts(spec, ips))
        write_json(directory / "sandbox.json", {**asdict(spec), "ips": ips})
        self.records.link_name(spec.namespace, spec.name, spec.uid)
        record = self._reload(spec.uid)
        assert record is not None
        return record

    async def stop_sandbox(self, uid: str) -> None:
        await self.network.delete(uid)

    async def remove_pod(self, uid: str) -> None:
        record = self.pod(uid)
        await self.network.delete(uid)
        if record:
            self.records.unlink_name(record.namespace, record.name, uid)
        await asyncio.to_thread(shutil.rmtree, self.records.pod_directory(uid), True)
        self._cache.pop(uid, None)

    # ---- containers ----

    async def start_container(self, uid: str, spec: ContainerSpec) -> None:
        image, image_id = self._image(spec.image)
        directory = self.records.attempt_directory(uid, spec.name, spec.attempt)
        directory.mkdir(parents=True, exist_ok=True)
        self._forget_old_attempts(uid, spec)
        write_json(directory / "spec.json", self._shim_spec(uid, spec, image, image_id, directory))
        problem = await self._start_shim(directory)
        record = self._reload(uid)
        if problem:
            raise RuntimeFailure("RunContainerError", problem)
        if record and spec.name in record.containers:
            container = record.containers[spec.name]
            self._watch(uid, container)

    async def _start_shim(self, directory: Path) -> str:
        """Returns what went wrong, or an empty string."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-S", "-E", SHIM, str(directory), start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={"PATH": images.SYSTEM_PATH},
        )  # fmt: skip
        write_json(directory / "shim.json", {"pid": process.pid, "start": linux.start_time(process.pid) or 0})
        try:
            async with asyncio.timeout(START_SECONDS):
                said = (await process.stdout.readline()).decode().strip()
                if said == "ok":
                    return ""
                return said.removeprefix("error ") or (await process.stderr.read()).decode(errors="replace")[-1000:]
        except TimeoutError:
            process.kill()
            return f"the container did not start within {START_SECONDS:g} s"

    def _shim_spec(
        self, uid: str, spec: ContainerSpec, image: images.Image, image_id: str, directory: Path
    ) -> dict[str, Any]:
        sandbox = read_json(self.records.pod_directory(uid) / "sandbox.json") or {}
        argv = [*(spec.command or image.entrypoint), *(spec.args or (() if spec.command else image.cmd))]
        facts = {**spec.facts, "listen_v6": "listen [::]:80;" if Path("/proc/sys/net/ipv6").exists() else ""}
        seed = f"{uid}/{spec.name}/{spec.attempt}/{os.urandom(8).hex()}"
        return {
            "image": spec.image,
            "image_id": image_id,
            "container_id": f"process://{hashlib.sha256(seed.encode()).hexdigest()}",
            "argv": argv or ["/bin/sh"],
            "env": {"PATH": images.SYSTEM_PATH, "HOSTNAME": sandbox["hostname"], "HOME": "/root",
                    **({"TERM": "xterm"} if spec.tty else {}), **dict(image.env), **dict(spec.env)},
            "stdin": spec.stdin,
            "stdin_once": spec.stdin_once,
            "tty": spec.tty,
            "processes": self._processes(uid, spec),
            "cwd": spec.working_dir or image.working_dir or "/",
            "stop_signal": image.stop_signal,
            "netns": "" if sandbox["host_network"] else self.network.path(uid),
            "hostname": "" if sandbox["host_network"] else sandbox["hostname"],
            "hidden": [str(self.root)],
            "mounts": self._mounts(uid, spec, image, sandbox, directory),
            "files": {path: _fill(text, facts) for path, text in image.files.items()},
            "user": spec.user,
            "group": spec.group,
            "read_only_root": spec.read_only_root,
        }  # fmt: skip

    def _processes(self, uid: str, spec: ContainerSpec) -> str | dict[str, int]:
        """Among whose processes it runs: its `own`, the `host`'s, or those of a container. Raises RuntimeFailure."""
        if not spec.target:
            return "host" if spec.host_processes else "own"
        record = inside.running_record(self.records, uid, spec.target)
        directory = self.records.attempt_directory(uid, spec.target, record.attempt)
        running = read_json(directory / "running.json") or {}
        return {"pid": running["pid"], "start": running["start"]}

    def _mounts(
        self, uid: str, spec: ContainerSpec, image: images.Image, sandbox: dict[str, Any], directory: Path
    ) -> list[dict[str, Any]]:
        pod = self.records.pod_directory(uid)
        (directory / "termination-log").touch()
        given = {mount.target.rstrip("/") for mount in spec.mounts}
        own = [(str(pod / "resolv.conf"), "/etc/resolv.conf", False),
               (str(directory / "termination-log"), spec.termination_message_path, False)]  # fmt: skip
        if not sandbox["host_network"]:
            own.append((str(pod / "hosts"), "/etc/hosts", False))
        shown = [(path, path, True) for path in image.shows]
        volumes = [(mount.source, mount.target, mount.read_only) for mount in spec.mounts]
        mounts = [*shown, *(one for one in own if one[1] not in given), *volumes]
        return [{"source": source, "target": target, "read_only": ro} for source, target, ro in mounts]

    def _forget_old_attempts(self, uid: str, spec: ContainerSpec) -> None:
        for attempt in self.records.attempts(uid, spec.name):
            if attempt < spec.attempt - 1:
                shutil.rmtree(self.records.attempt_directory(uid, spec.name, attempt), ignore_errors=True)

    def signal(self, uid: str, container: str, number: int | None = None) -> None:
        record = (self.pod(uid) or PodRecord(uid, "", "")).containers.get(container)
        if record is None or record.state != "running":
            return
        directory = self.records.attempt_directory(uid, container, record.attempt)
        running, spec = read_json(directory / "running.json"), read_json(directory / "spec.json") or {}
        wanted = number or getattr(signal, spec.get("stop_signal", "SIGTERM"))
        if running and linux.start_time(running["pid"]) == running["start"]:
            with suppress(ProcessLookupError):
                os.kill(running["pid"], wanted)

    def log_file(self, uid: str, container: str, attempt: int) -> str:
        return str(self.records.attempt_directory(uid, container, attempt) / "log")

    # ---- going in ----

    def exec_argv(self, uid: str, container: str, command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        return inside.exec_argv(self.records, uid, container, command)

    def network_of(self, uid: str) -> tuple[str, str]:
        directory = self.records.pod_directory(uid)
        sandbox = read_json(directory / "sandbox.json") or {"host_network": True, "resolv_conf": ""}
        return "" if sandbox["host_network"] else self.network.path(uid), sandbox["resolv_conf"]

    def open_terminal(self, uid: str, container: str) -> tuple[int, int]:
        return inside.open_terminal(self.records, uid, container)

    def attach(self, uid: str, container: str) -> inside.Attachment:
        return inside.attach(self.records, uid, container)

    async def connect(self, uid: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        sandbox = read_json(self.records.pod_directory(uid) / "sandbox.json") or {"host_network": True}
        if sandbox["host_network"]:
            return await asyncio.open_connection("127.0.0.1", port)
        # Pods listen on every address or on loopback; a socket made in the pod's namespace reaches both.
        sock = await asyncio.to_thread(inside.socket_inside, self.network.path(uid))
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        except OSError:
            sock.close()
            raise
        return await asyncio.open_connection(sock=sock)


async def _process_end(pid: int) -> None:
    """Returns when there is no such process any more."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _fill(text: str, facts: dict[str, str]) -> str:
    for key, value in facts.items():
        text = text.replace("{" + key + "}", value)
    return text


def _hosts(spec: SandboxSpec, ips: Sequence[str]) -> str:
    """/etc/hosts of a pod, as Kubernetes writes it."""
    lines = [
        "# Kubernetes-managed hosts file.", "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet", "fe00::0\tip6-mcastprefix", "fe00::1\tip6-allnodes", "fe00::2\tip6-allrouters",
    ]  # fmt: skip
    names = f"{spec.hostname}.{spec.domain}\t{spec.hostname}" if spec.domain else spec.hostname
    lines += [f"{ip}\t{names}" for ip in ips]
    if spec.host_aliases:
        lines += ["", "# Entries added by HostAliases."]
        lines += [f"{ip}\t{chr(9).join(names)}" for ip, names in spec.host_aliases]
    return "\n".join(lines) + "\n"
