"""The worker of one pod: brings what runs nearer to what is wanted, whenever something changed, and reports it.

Called by `kubelet.pods.manager`. It calls `lifecycle.decide` for what to do, the runtime, volumes and hooks to do
it, and the status manager to report. It is level-triggered: it acts on the pod and the runtime's records as they
are now, so that it may be started anew at any time, as after a crash of the kubelet.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kube.api.core_v1 import ConfigMap, Container, Pod, PodStatus, Secret, Service
from kube.apimachinery.errors import Conflict, NotFound, StatusError
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.times import parse_time
from kube.client import Client, Unreachable
from kube.clock import Clock
from kube.events import Recorder, reference
from kube.informer import Informer
from kubelet import volumes as volumes_module
from kubelet.config import KubeletConfig
from kubelet.pods import dns, environment, lifecycle
from kubelet.pods.backoff import BackOff
from kubelet.pods.hooks import HookError, run_hook
from kubelet.pods.lifecycle import CreateSandbox, Finish, Start, Stop, StopSandbox, View, decide
from kubelet.pods.status import Facts, make_status
from kubelet.pods.stopping import Stopping
from kubelet.probes import ContainerProbes, Target
from kubelet.runtime.interface import ContainerSpec, PodRecord, Runtime, RuntimeFailure, SandboxSpec
from kubelet.status_manager import StatusManager

T = TypeVar("T", bound=Object)
log = logging.getLogger(__name__)
RETRY_SECONDS = 2.0
REFRESH_SECONDS = 60.0
"""Volumes of ConfigMaps and Secrets are looked at again so often."""


@dataclass
class Services:
    """What workers share: the rest of the kubelet."""

    config: KubeletConfig
    client: Client
    runtime: Runtime
    volumes: volumes_module.Volumes
    statuses: StatusManager
    recorder: Recorder
    services: Informer[Service]
    clock: Clock
    network_ready: asyncio.Event


class PodWorker:
    """One pod by UID. `pod` is replaced by newer states; `gone` says that the API has it no more."""

    def __init__(self, shared: Services, pod: Pod):
        self.shared, self.pod = shared, pod
        self.uid = pod.metadata.uid
        self.gone = False
        self.finished = False
        self._wake = asyncio.Event()
        self._wake.set()
        self._probes: dict[str, tuple[int, ContainerProbes]] = {}
        self._stopping: dict[str, Stopping] = {}
        self._stop_deadline: dict[str, float] = {}
        self._hooks: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, tuple[str, str]] = {}
        self._not_before: dict[str, float] = {}
        self._backoff, self._pull_backoff = BackOff(), BackOff()
        self._failure: tuple[str, str] | None = None
        self._end_deadline = 0.0
        self._sandbox_stopped = False
        self._status: PodStatus | None = None
        self._refresh_at = 0.0

    # ---- being told ----

    def wake(self) -> None:
        self._wake.set()

    def update(self, pod: Pod) -> None:
        self.pod = pod
        self.wake()

    def forget(self) -> None:
        """The API has the pod no more."""
        self.gone = True
        self.wake()

    # ---- the loop ----

    async def run(self) -> None:
        """Until the pod has ended and the API has forgotten it."""
        try:
            while not self.finished:
                self._wake.clear()
                delay = await self._sync_safely()
                if not self.finished:
                    await self._wait(delay)
        finally:
            await self._close()

    async def _wait(self, delay: float | None) -> None:
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _sync_safely(self) -> float | None:
        try:
            return await self.sync()
        except (StatusError, Unreachable) as error:
            log.warning("pod %s: %s", self._name, error)
        except Exception:
            log.exception("pod %s", self._name)
        return RETRY_SECONDS

    async def sync(self) -> float | None:
        """One round. Returns the seconds after which to look again; None: when something changes."""
        self._check_deadline()
        self._collect_probes()
        plan = decide(self._view())
        delays = [plan.wake_after]
        for action in plan.actions:
            delays.append(await self._perform(action))
        self._collect_probes()
        delays.append(self._advance_stops())
        self._report()
        delays.append(await self._refresh_volumes())
        known = [delay for delay in delays if delay is not None]
        return max(0.0, min(known)) if known else None

    def _view(self) -> View:
        return View(
            pod=self.pod,
            record=self.record,
            now=time.time(),
            ending=self._is_ending,
            sandbox_stopped=self._sandbox_stopped,
            not_before=self._not_before,
            unhealthy={name: probes.unhealthy for name, (_, probes) in self._probes.items() if probes.unhealthy},
            started={name: probes.started for name, (_, probes) in self._probes.items()},
        )

    @property
    def record(self) -> PodRecord | None:
        return self.shared.runtime.pod(self.uid)

    @property
    def _name(self) -> str:
        return f"{self.pod.metadata.namespace}/{self.pod.metadata.name}"

    @property
    def _is_ending(self) -> bool:
        return self.gone or self.pod.metadata.deletionTimestamp is not None or self._failure is not None

    def _check_deadline(self) -> None:
        """activeDeadlineSeconds: the pod has failed when it runs for longer."""
        limit, started = self.pod.spec.activeDeadlineSeconds, self.pod.status.startTime
        if limit is None or started is None or self._failure or self.pod.status.phase in ("Succeeded", "Failed"):
            return
        if time.time() > parse_time(started).timestamp() + limit:
            self._failure = ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")

    # ---- actions ----

    async def _perform(self, action: lifecycle.Action) -> float | None:
        match action:
            case CreateSandbox():
                return await self._create_sandbox()
            case Start(name, attempt):
                return await self._start(self._container(name), attempt)
            case Stop(name, reason):
                self._stop(name, reason)
            case StopSandbox():
                await self.shared.runtime.stop_sandbox(self.uid)
                self._sandbox_stopped = True
            case Finish():
                await self._finish()
        return None

    async def _create_sandbox(self) -> float | None:
        pod, config = self.pod, self.shared.config
        if not pod.spec.hostNetwork and not self.shared.network_ready.is_set():
            self._event("Warning", "NetworkNotReady", "network is not ready: the node has no pod CIDR yet")
            return RETRY_SECONDS
        hostname, domain = dns.hostname_and_domain(pod, config.cluster_domain)
        node_resolver = dns.parse(_read("/etc/resolv.conf"))
        spec = SandboxSpec(
            self.uid, pod.metadata.namespace, pod.metadata.name,
            config.node_name if pod.spec.hostNetwork else hostname, domain, pod.spec.hostNetwork,
            dns.resolver(pod, config.cluster_dns, config.cluster_domain, node_resolver).text(),
            tuple((alias.ip, tuple(alias.hostnames)) for alias in pod.spec.hostAliases),
        )  # fmt: skip
        try:
            await self.shared.runtime.run_sandbox(spec)
        except RuntimeFailure as failure:
            self._event("Warning", failure.reason, failure.message)
            return RETRY_SECONDS
        self._report()  # the pod's address is known before its containers run
        return 0.0

    async def _start(self, container: Container, attempt: int) -> float | None:
        name = container.name
        if attempt and (delay := self._crash_loop(container)):
            return delay
        if delay := self._check_image(container):
            return delay
        try:
            spec = await self._container_spec(container, attempt)
        except environment.ConfigError as error:
            return self._hold(name, "CreateContainerConfigError", str(error), RETRY_SECONDS)
        except volumes_module.VolumeError as error:
            self._event("Warning", "FailedMount", f"MountVolume.SetUp failed: {error}")
            return self._hold(name, "ContainerCreating", "", RETRY_SECONDS)
        try:
            await self.shared.runtime.start_container(self.uid, spec)
        except RuntimeFailure as failure:
            self._event("Warning", "Failed", f"Error: {failure.message}", container)
            self._waiting[name] = (failure.reason, failure.message)
            return RETRY_SECONDS
        self._waiting.pop(name, None)
        self._event("Normal", "Created", f"Container created: {name}", container)
        self._event("Normal", "Started", f"Container started: {name}", container)
        self._after_start(container)
        return 0.0

    def _crash_loop(self, container: Container) -> float | None:
        """The seconds that a restart has to wait; notes the try when it has not."""
        name, record = container.name, self.record
        last = record.containers.get(name) if record else None
        if last is None:
            return None
        now, until = time.time(), self._backoff.until(name, last.finished_at)
        if now >= until:
            self._backoff.next(name, last.finished_at)
            self._not_before.pop(name, None)
            return None
        text = f"restarting failed container {name} in pod {self.pod.metadata.name}_{self.pod.metadata.namespace}"
        self._event("Warning", "BackOff", f"Back-off {text}({self.uid})", container)
        message = f"back-off {_duration(self._backoff.delay(name))} {text}({self.uid})"
        self._not_before[name] = until
        return self._hold(name, "CrashLoopBackOff", message, until - now)

    def _check_image(self, container: Container) -> float | None:
        """The seconds until the next try when the image cannot be had."""
        name, image, now = container.name, container.image, time.time()
        failed_at, key = self._not_before.get(name, 0.0), f"image {name}"
        try:
            self.shared.runtime.check_image(image)
        except RuntimeFailure as failure:
            if container.imagePullPolicy == "Never" and failure.reason == "ErrImagePull":
                message = f'Container image "{image}" is not present with pull policy of Never'
                self._event("Warning", "ErrImageNeverPull", message, container)
                return self._hold(name, "ErrImageNeverPull", message, RETRY_SECONDS)
            if failure.reason == "InvalidImageName":
                self._event("Warning", "InspectFailed", failure.message, container)
                return self._hold(name, "InvalidImageName", failure.message, 60.0)
            return self._pull_failed(container, failure, key, now, failed_at)
        self._pull_backoff.reset(key)
        return None

    def _pull_failed(
        self, container: Container, failure: RuntimeFailure, key: str, now: float, not_before: float
    ) -> float:
        name, image = container.name, container.image
        if self._waiting.get(name, ("", ""))[0] == "ErrImagePull":
            self._pull_backoff.next(key, now)
            wait = self._pull_backoff.delay(key)
            self._not_before[name] = now + wait
            self._event("Normal", "BackOff", f'Back-off pulling image "{image}"', container)
            self._event("Warning", "Failed", "Error: ImagePullBackOff", container)
            message = f'Back-off pulling image "{image}": ErrImagePull: {failure.message}'
            return self._hold(name, "ImagePullBackOff", message, wait)
        self._event("Normal", "Pulling", f'Pulling image "{image}"', container)
        self._event("Warning", "Failed", f'Failed to pull image "{image}": {failure.message}', container)
        self._event("Warning", "Failed", "Error: ErrImagePull", container)
        return self._hold(name, "ErrImagePull", failure.message, RETRY_SECONDS)

    def _hold(self, name: str, reason: str, message: str, seconds: float) -> float:
        self._waiting[name] = (reason, message)
        return seconds

    async def _container_spec(self, container: Container, attempt: int) -> ContainerSpec:
        sources = await self._sources(container)
        env = environment.environment(container, sources)
        directories = await self.shared.volumes.prepare(self.pod, sources)
        security, pod_security = container.securityContext, self.pod.spec.securityContext
        user = getattr(security, "runAsUser", None)
        group = getattr(security, "runAsGroup", None)
        ips = sources.pod_ips
        return ContainerSpec(
            name=container.name,
            attempt=attempt,
            image=container.image,
            command=tuple(environment.expand(word, env) for word in container.command),
            args=tuple(environment.expand(word, env) for word in container.args),
            env=tuple(env.items()),
            working_dir=container.workingDir,
            mounts=tuple(volumes_module.mounts(self.pod, container, directories, env)),
            user=getattr(pod_security, "runAsUser", None) if user is None else user,
            group=getattr(pod_security, "runAsGroup", None) if group is None else group,
            read_only_root=bool(security and security.readOnlyRootFilesystem),
            termination_message_path=container.terminationMessagePath or "/dev/termination-log",
            facts={
                "pod": self.pod.metadata.name, "namespace": self.pod.metadata.namespace,
                "node": self.shared.config.node_name, "ip": ips[0] if ips else "",
            },
        )  # fmt: skip

    async def _sources(self, container: Container | None = None) -> environment.Sources:
        record = self.record
        host_ip = self.shared.config.node_ips[0]
        ips: Sequence[str] = (host_ip,) if self.pod.spec.hostNetwork else record.ips if record else ()
        made = environment.Sources(
            self.pod, self.shared.config.node_name, host_ip, ips, services=self.shared.services.list()
        )
        if container is not None:
            made.config_maps = await self._fetch(ConfigMap, _config_maps_of(container))
            made.secrets = await self._fetch(Secret, _secrets_of(container))
        return made

    async def _fetch(self, kind: type[T], names: Iterable[str]) -> dict[str, T | None]:
        found: dict[str, T | None] = {}
        for name in names:
            try:
                found[name] = await self.shared.client.get(kind, name, self.pod.metadata.namespace)
            except NotFound:
                found[name] = None
        return found

    def _after_start(self, container: Container) -> None:
        hook = container.lifecycle.postStart if container.lifecycle else None
        if hook is not None:
            self._hooks[container.name] = asyncio.create_task(self._post_start(container))

    async def _post_start(self, container: Container) -> None:
        assert container.lifecycle and container.lifecycle.postStart
        try:
            await run_hook(container.lifecycle.postStart, self._target(container))
        except HookError as error:
            self._event("Warning", "FailedPostStartHook", f"PostStartHook failed: {error}", container)
            self._stop(container.name, "FailedPostStartHook")
        finally:
            self._hooks.pop(container.name, None)
            self.wake()

    # ---- ending ----

    def _stop(self, name: str, reason: str) -> None:
        if name in self._stopping:
            return
        container = self._container(name)
        grace = self.pod.spec.terminationGracePeriodSeconds
        grace = 30 if grace is None else grace
        if not self._is_ending:
            probe = container.livenessProbe
            if probe and probe.terminationGracePeriodSeconds is not None:
                grace = probe.terminationGracePeriodSeconds
            self._event("Normal", "Killing", f"Container {name} {reason}, will be restarted", container)
        else:
            self._event("Normal", "Killing", f"Stopping container {name}", container)
        self._stop_deadline[name] = time.time() + max(grace, 1)
        hook = container.lifecycle.preStop if container.lifecycle and self._grace > 0 else None
        self._stopping[name] = Stopping(
            lambda number: self.shared.runtime.signal(self.uid, name, number),
            hook, self._target(container), self.wake,
            lambda reason, text: self._event("Warning", reason, text, container),
        )  # fmt: skip

    @property
    def _grace(self) -> float:
        """Seconds that the pod has to end."""
        meta = self.pod.metadata
        if meta.deletionGracePeriodSeconds is not None:
            return max(meta.deletionGracePeriodSeconds, 0)
        if self.gone:
            return 1
        grace = self.pod.spec.terminationGracePeriodSeconds
        return 30 if grace is None else grace

    def _advance_stops(self) -> float | None:
        now, delays = time.time(), []
        if self._is_ending:
            fresh = now + max(self._grace, 1)
            self._end_deadline = min(self._end_deadline or fresh, fresh)
        running = {record.name for record in self.record.running} if self.record else set()
        for name, stopping in list(self._stopping.items()):
            if name not in running:
                del self._stopping[name]
                continue
            deadline = self._stop_deadline[name]
            if self._is_ending:
                deadline = min(deadline, self._end_deadline)
            delays.append(stopping.advance(now, deadline))
        return min((delay for delay in delays if delay is not None), default=None)

    async def _finish(self) -> None:
        """Everything has ended: tells the API, which then forgets the pod; then we do."""
        self._report()
        if not self.gone and self.pod.metadata.deletionTimestamp is None:
            return  # failed by us, not deleted: it stays to be looked at
        if not self.gone:
            await self.shared.statuses.flush(self.uid)
            await self._delete_from_api()
            if not self.gone:
                return  # its finalizers are somebody else's to remove
        await self.shared.runtime.remove_pod(self.uid)
        self.shared.statuses.forget(self.uid)
        self.shared.volumes.forget(self.uid)
        self.finished = True

    async def _delete_from_api(self) -> None:
        meta = self.pod.metadata
        try:
            await self.shared.client.delete(Pod, meta.name, meta.namespace, uid=self.uid, grace_period_seconds=0)
        except (NotFound, Conflict):
            self.gone = True
        if not meta.finalizers:
            self.gone = True

    async def _close(self) -> None:
        for task in self._hooks.values():
            task.cancel()
        await asyncio.gather(*self._hooks.values(), return_exceptions=True)
        for stopping in self._stopping.values():
            await stopping.close()
        for _, probes in self._probes.values():
            await probes.close()

    # ---- probes and status ----

    def _target(self, container: Container) -> Target:
        record = self.record
        ip = self.shared.config.node_ips[0]
        if not self.pod.spec.hostNetwork and record and record.ips:
            ip = record.ips[0]
        return Target(
            container, ip, lambda command: self.shared.runtime.exec_argv(self.uid, container.name, command)
        )

    def _collect_probes(self) -> None:
        """Probes belong to one attempt: they start and end with it."""
        running = {record.name: record for record in self.record.running} if self.record else {}
        for name, (attempt, probes) in list(self._probes.items()):
            if name not in running or running[name].attempt != attempt:
                probes.task.cancel()
                del self._probes[name]
        for name, record in running.items():
            if name in self._probes or not (container := self._find(name)):
                continue
            report = self._prober_reports(container)
            probes = ContainerProbes(self._target(container), self.shared.clock, self.wake, report)
            self._probes[name] = (record.attempt, probes)

    def _prober_reports(self, container: Container):
        return lambda reason, text: self._event("Warning", reason, text, container)

    def _report(self) -> None:
        if self.gone:
            return
        hooked = set(self._hooks)
        facts = Facts(
            record=self.record,
            now=time.time(),
            host_ips=self.shared.config.node_ips,
            waiting=self._waiting,
            ready={name: probes.ready and name not in hooked for name, (_, probes) in self._probes.items()},
            started={name: probes.started and name not in hooked for name, (_, probes) in self._probes.items()},
            failure=self._failure,
            previous=self._status,
            ending=self._is_ending,
            sandbox_stopped=self._sandbox_stopped,
        )
        self._status = make_status(self.pod, facts)
        self.shared.statuses.set(self.pod, self._status)

    async def _refresh_volumes(self) -> float | None:
        """Changed ConfigMaps and Secrets reach the files of running pods."""
        sources = [v for v in self.pod.spec.volumes if v.configMap or v.secret or v.projected or v.downwardAPI]
        if not sources or self._is_ending or not (self.record and self.record.running):
            return None
        now = time.time()
        if not self._refresh_at:
            self._refresh_at = now + REFRESH_SECONDS
        if now >= self._refresh_at:
            self._refresh_at = now + REFRESH_SECONDS
            try:
                await self.shared.volumes.prepare(self.pod, await self._sources())
            except volumes_module.VolumeError as error:
                self._event("Warning", "FailedMount", f"MountVolume.SetUp failed: {error}")
        return self._refresh_at - now

    def _find(self, name: str) -> Container | None:
        spec = self.pod.spec
        return next((c for c in [*spec.containers, *spec.initContainers] if c.name == name), None)

    def _container(self, name: str) -> Container:
        """A pod that the API forgot while we were away is known by its records alone."""
        return self._find(name) or Container(name=name)

    def _event(self, type_: str, reason: str, message: str, container: Container | None = None) -> None:
        if self.gone:
            return
        path = f"spec.containers{{{container.name}}}" if container else ""
        self.shared.recorder.event(reference(self.pod, path), type_, reason, message)


def _config_maps_of(container: Container) -> set[str]:
    return {s.configMapRef.name for s in container.envFrom if s.configMapRef} | {
        e.valueFrom.configMapKeyRef.name for e in container.env if e.valueFrom and e.valueFrom.configMapKeyRef
    }


def _secrets_of(container: Container) -> set[str]:
    return {s.secretRef.name for s in container.envFrom if s.secretRef} | {
        e.valueFrom.secretKeyRef.name for e in container.env if e.valueFrom and e.valueFrom.secretKeyRef
    }


def _duration(seconds: float) -> str:
    """As Go writes it: 10s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
