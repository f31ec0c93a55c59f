"""The worker of one pod: brings what runs nearer to what is wanted, whenever something changed, and reports it.

Called by `kubelet.pods.manager`. It calls `lifecycle.decide` for what to do, `starting` and `stopping` for containers,
the runtime for the sandbox, and the status manager to report. It is level-triggered: it acts on the pod and the
runtime's records as they are now, so that it may be started anew at any time, as after a crash of the kubelet.
"""

from __future__ import annotations

import logging
import time

from kube.api.core_v1 import Container, Pod, PodStatus
from kube.apimachinery.errors import Conflict, NotFound, StatusError
from kube.apimachinery.times import parse_time
from kube.client import Unreachable
from kubelet.pods import dns, lifecycle
from kubelet.pods.allocation import resize_event
from kubelet.pods.context import PodContext, Services
from kubelet.pods.lifecycle import CreateSandbox, Finish, Start, Stop, StopSandbox, View, decide
from kubelet.pods.specs import sources_of
from kubelet.pods.starting import Starter
from kubelet.pods.status import Facts, make_status
from kubelet.pods.stopping import Stops
from kubelet.pods.volumes import VolumeError
from kubelet.probes import ContainerProbes
from kubelet.runtime.interface import RuntimeFailure, SandboxSpec

log = logging.getLogger(__name__)
RETRY_SECONDS = 2.0
REFRESH_SECONDS = 60.0
"""Volumes of ConfigMaps and Secrets are looked at again so often."""


class PodWorker:
    """One pod by UID, until it has ended and the API has forgotten it."""

    def __init__(self, shared: Services, pod: Pod):
        self.shared, self.uid = shared, pod.metadata.uid
        self.context = PodContext(shared, pod)
        self.finished = False
        self._stops = Stops(self.context)
        self._starter = Starter(self.context, self._stops.stop)
        self._probes: dict[str, tuple[int, ContainerProbes]] = {}
        self._sandbox_stopped = False
        self._status: PodStatus | None = None
        self._refresh_at = 0.0

    # ---- being told ----

    @property
    def pod(self) -> Pod:
        return self.context.pod

    def wake(self) -> None:
        self.context.wake()

    def update(self, pod: Pod) -> None:
        self.context.pod = pod
        self.wake()

    def forget(self) -> None:
        """The API has the pod no more."""
        self.context.gone = True
        self.wake()

    # ---- the loop ----

    async def run(self) -> None:
        """Until the pod has ended and the API has forgotten it."""
        try:
            while not self.finished:
                self.context.asleep()
                delay = await self._sync_safely()
                if not self.finished:
                    await self.context.woken(delay)
        finally:
            await self._close()

    async def _sync_safely(self) -> float | None:
        try:
            return await self.sync()
        except (StatusError, Unreachable) as error:
            log.warning("pod %s: %s", self.context.name, error)
        except Exception:
            log.exception("pod %s", self.context.name)
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
        delays.append(self._stops.advance())
        self._report()
        delays.append(await self._refresh_volumes())
        known = [delay for delay in delays if delay is not None]
        return max(0.0, min(known)) if known else None

    def _view(self) -> View:
        return View(
            pod=self.pod,
            record=self.context.record,
            now=time.time(),
            ending=self.context.is_ending,
            sandbox_stopped=self._sandbox_stopped,
            not_before=self._starter.not_before,
            unhealthy={name: probes.unhealthy for name, (_, probes) in self._probes.items() if probes.unhealthy},
            started={name: probes.started for name, (_, probes) in self._probes.items()},
        )

    def _check_deadline(self) -> None:
        """activeDeadlineSeconds: the pod has failed when it runs for longer."""
        limit, started = self.pod.spec.activeDeadlineSeconds, self.pod.status.startTime
        if limit is None or started is None or self.context.failure or self.pod.status.phase in ("Succeeded", "Failed"):
            return
        if time.time() > parse_time(started).timestamp() + limit:
            message = "Pod was active on the node longer than the specified deadline"
            self.context.failure = "DeadlineExceeded", message

    # ---- actions ----

    async def _perform(self, action: lifecycle.Action) -> float | None:
        match action:
            case CreateSandbox():
                return await self._create_sandbox()
            case Start(name, attempt):
                return await self._starter.start(name, attempt)
            case Stop(name, reason):
                self._stops.stop(name, reason)
            case StopSandbox():
                await self.shared.runtime.stop_sandbox(self.uid)
                self._sandbox_stopped = True
            case Finish():
                await self._finish()
        return None

    async def _create_sandbox(self) -> float | None:
        pod, config = self.pod, self.shared.config
        if not pod.spec.hostNetwork and not self.shared.network_ready.is_set():
            self.context.event("Warning", "NetworkNotReady", "network is not ready: the node has no pod CIDR yet")
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
            self.context.event("Warning", failure.reason, failure.message)
            return RETRY_SECONDS
        self._report()  # the pod's address is known before its containers run
        return 0.0

    # ---- ending ----

    async def _finish(self) -> None:
        """Everything has ended: tells the API, which then forgets the pod; then we do."""
        self._report()
        if not self.context.gone and self.pod.metadata.deletionTimestamp is None:
            return  # failed by us, not deleted: it stays to be looked at
        if not self.context.gone:
            await self.shared.statuses.flush(self.uid)
            await self._delete_from_api()
            if not self.context.gone:
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
            self.context.gone = True
        if not meta.finalizers:
            self.context.gone = True

    async def _close(self) -> None:
        await self._starter.close()
        await self._stops.close()
        for _, probes in self._probes.values():
            await probes.close()

    # ---- probes and status ----

    def _collect_probes(self) -> None:
        """Probes belong to one attempt: they start and end with it."""
        record = self.context.record
        running = {one.name: one for one in record.running} if record else {}
        for name, (attempt, probes) in list(self._probes.items()):
            if name not in running or running[name].attempt != attempt:
                probes.task.cancel()
                del self._probes[name]
        for name, one in running.items():
            if name not in self._probes and (container := self.context.find(name)):
                self._probes[name] = one.attempt, self._probes_of(container)

    def _probes_of(self, container: Container) -> ContainerProbes:
        def report(reason: str, text: str) -> None:
            self.context.event("Warning", reason, text, container)

        return ContainerProbes(self.context.target(container), self.shared.clock, self.wake, report)

    def _report(self) -> None:
        if self.context.gone:
            return
        hooked = self._starter.hooked
        facts = Facts(
            record=self.context.record,
            now=time.time(),
            host_ips=self.shared.config.node_ips,
            waiting=self._starter.waiting,
            ready={name: probes.ready and name not in hooked for name, (_, probes) in self._probes.items()},
            started={name: probes.started and name not in hooked for name, (_, probes) in self._probes.items()},
            failure=self.context.failure,
            previous=self._status,
            ending=self.context.is_ending,
            sandbox_stopped=self._sandbox_stopped,
        )
        before, self._status = self._status or self.pod.status, make_status(self.pod, facts)
        if refused := resize_event(self.pod, self._status, before.conditions):
            self.context.event("Warning", "ResizeInfeasible", refused)
        self.shared.statuses.set(self.pod, self._status)

    async def _refresh_volumes(self) -> float | None:
        """Changed ConfigMaps and Secrets reach the files of running pods."""
        sources = [v for v in self.pod.spec.volumes if v.configMap or v.secret or v.projected or v.downwardAPI]
        record = self.context.record
        if not sources or self.context.is_ending or not (record and record.running):
            return None
        now = time.time()
        if not self._refresh_at:
            self._refresh_at = now + REFRESH_SECONDS
        if now >= self._refresh_at:
            self._refresh_at = now + REFRESH_SECONDS
            try:
                await self.shared.volumes.prepare(self.pod, await sources_of(self.context))
            except VolumeError as error:
                self.context.event("Warning", "FailedMount", f"MountVolume.SetUp failed: {error}")
        return self._refresh_at - now


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
