"""Probes: whether a container has started, is alive, and is ready for traffic.

Called by `kubelet.pods.worker`, one `ContainerProbes` for each running attempt of a container. It makes connections
to the pod, or runs commands in it through the runtime, and tells the worker when a result changes. It leaves out
gRPC probes. Source: kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from kube.api.core_v1 import Container, Probe
from kube.clock import Clock

USER_AGENT = "kube-probe/1.36"


class ExecArgv(Protocol):
    def __call__(self, command: Sequence[str]) -> tuple[list[str], dict[str, str]]: ...


@dataclass(frozen=True)
class Target:
    """Where a container is probed: its address, and how to run a command in it."""

    container: Container
    ip: str
    exec_argv: ExecArgv


async def probe_once(probe: Probe, target: Target) -> str:
    """One try: an empty string for success, else why not."""
    timeout = probe.timeoutSeconds or 1
    try:
        async with asyncio.timeout(timeout):
            return await _try(probe, target)
    except TimeoutError:
        return f"probe timed out after {timeout}s"
    except OSError as error:
        return str(error)


async def _try(probe: Probe, target: Target) -> str:
    if probe.exec:
        code, output = await run_command(*target.exec_argv(probe.exec.command))
        return "" if code == 0 else output.strip() or f"command exited with code {code}"
    if action := probe.httpGet:
        port = resolve_port(target.container, action.port)
        headers = {header.name: header.value for header in action.httpHeaders}
        host, is_tls = action.host or target.ip, action.scheme == "HTTPS"
        try:
            code, _ = await http_get(host, port, action.path, headers, is_tls)
        except ConnectionError as error:
            url = f"{'https' if is_tls else 'http'}://{_at(host, port)}/{action.path.lstrip('/')}"
            return f'Get "{url}": {_dialled(host, port, error)}'
        return "" if 200 <= code < 400 else f"HTTP probe failed with statuscode: {code}"
    if action := probe.tcpSocket:
        port = resolve_port(target.container, action.port)
        host = action.host or target.ip
        try:
            _, writer = await asyncio.open_connection(host, port)
        except ConnectionError as error:
            return _dialled(host, port, error)
        writer.close()
        return ""
    return "this kind of probe is not supported"


def _dialled(host: str, port: int, error: ConnectionError) -> str:
    """As Go says it: `dial tcp 10.244.0.3:80: connect: connection refused`."""
    why = os.strerror(error.errno).lower() if error.errno else str(error)
    return f"dial tcp {_at(host, port)}: connect: {why}"


def _at(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def resolve_port(container: Container, port: int | str) -> int:
    """A port's number, by name where it is one. Raises OSError, which a probe reports."""
    if isinstance(port, int):
        return port
    for known in container.ports:
        if known.name == port:
            return known.containerPort
    if port.isdigit():
        return int(port)
    raise OSError(f"couldn't find port {port!r} of container {container.name!r}")


async def http_get(
    host: str, port: int, path: str, headers: dict[str, str] | None = None, tls: bool = False
) -> tuple[int, bytes]:
    """The status code and the first bytes of the body. Raises OSError."""
    context = None
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    name = f"[{host}]" if ":" in host else host
    usual = {"Host": f"{name}:{port}", "User-Agent": USER_AGENT, "Accept": "*/*", "Connection": "close"}
    sent = usual | (headers or {})
    try:
        lines = "".join(f"{key}: {value}\r\n" for key, value in sent.items())
        writer.write(f"GET /{path.lstrip('/')} HTTP/1.1\r\n{lines}\r\n".encode())
        status = (await reader.readline()).split()
        if len(status) < 2 or not status[1].isdigit():
            raise OSError("malformed HTTP response")
        return int(status[1]), await reader.read(10240)
    finally:
        writer.close()


async def run_command(argv: Sequence[str], env: dict[str, str]) -> tuple[int, str]:
    """The exit code and output of a command; it is killed when this is cancelled. Raises OSError."""
    process = await asyncio.create_subprocess_exec(
        *argv, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    return process.returncode or 0, output[:10240].decode(errors="replace")


class ContainerProbes:
    """The three probes of one attempt of a container.

    1. Without a startup probe a container has started; with one, it has when that succeeded, and only then are the
       other two tried.
    2. Without a readiness probe it is ready once it has started; with one, only after its successes.
    3. `unhealthy` says why the container is to be restarted, once a startup or liveness probe has failed often enough.
    """

    def __init__(
        self, target: Target, clock: Clock, changed: Callable[[], object], report: Callable[[str, str], object]
    ):
        self.target, self.clock, self.changed, self.report = target, clock, changed, report
        container = target.container
        self.started = container.startupProbe is None
        self.ready = container.readinessProbe is None
        self.unhealthy = ""
        self.task = asyncio.create_task(self._run())

    @property
    def idle(self) -> bool:
        container = self.target.container
        return not (container.startupProbe or container.livenessProbe or container.readinessProbe)

    async def close(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    async def _run(self) -> None:
        container = self.target.container
        if container.startupProbe:
            await self._loop(container.startupProbe, "Startup", self._on_startup)
        async with asyncio.TaskGroup() as tasks:
            if container.livenessProbe:
                tasks.create_task(self._loop(container.livenessProbe, "Liveness", self._on_liveness))
            if container.readinessProbe:
                tasks.create_task(self._loop(container.readinessProbe, "Readiness", self._on_readiness))

    async def _loop(self, probe: Probe, kind: str, decide: Callable[[bool, str], bool]) -> None:
        """Tries until `decide` says that it is enough."""
        await self.clock.sleep(probe.initialDelaySeconds)
        row, last = 0, None
        while True:
            problem = await probe_once(probe, self.target)
            good = not problem
            row = row + 1 if good == last else 1
            last = good
            if problem:
                self.report("Unhealthy", f"{kind} probe failed: {problem}")
            enough = (probe.successThreshold or 1) if good else (probe.failureThreshold or 3)
            if row >= enough and decide(good, problem):
                return
            await self.clock.sleep(probe.periodSeconds or 10)

    def _on_startup(self, good: bool, problem: str) -> bool:
        if good:
            self.started = True
        else:
            self.unhealthy = f"failed startup probe: {problem}"
        self.changed()
        return True

    def _on_liveness(self, good: bool, problem: str) -> bool:
        if not good:
            self.unhealthy = f"failed liveness probe: {problem}"
            self.changed()
        return not good

    def _on_readiness(self, good: bool, _problem: str) -> bool:
        if self.ready != good:
            self.ready = good
            self.changed()
        return False
