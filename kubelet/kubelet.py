"""The kubelet as a whole: makes its parts and runs them until it is told to stop.

Called by `kubelet.__main__`. It calls every other module here. Stopping the kubelet does not stop the pods: they
belong to their shims, and the next kubelet finds them.
"""

from __future__ import annotations

import asyncio
import logging

from kube.api.core_v1 import Node, Pod, Service
from kube.client import Client
from kube.clock import RealClock
from kube.events import Recorder
from kube.http_server import Answer, HttpServer, metrics
from kube.informer import Informer
from kubelet.config import KubeletConfig
from kubelet.network.commands import NetworkError
from kubelet.network.pods import PodNetwork
from kubelet.network.routes import Routes
from kubelet.node.registration import NodeRegistration
from kubelet.pods.context import Services
from kubelet.pods.manager import PodManager
from kubelet.pods.volumes import Volumes
from kubelet.runtime.process.runtime import ProcessRuntime
from kubelet.server.server import KubeletServer
from kubelet.status_manager import StatusManager

log = logging.getLogger(__name__)
NO_NETWORK = "container runtime network not ready: NetworkReady=false: the node has no pod CIDR yet"


class Kubelet:
    """One node's agent."""

    def __init__(self, config: KubeletConfig, client: Client):
        self.config, self.client = config, client
        clock = RealClock()
        config.root_dir.mkdir(parents=True, exist_ok=True)
        self.network = PodNetwork(config.pod_bridge, config.root_dir / "network")
        self.runtime = ProcessRuntime(config.root_dir, self.network)
        self.node = NodeRegistration(config, client, clock, self._problem, self._configure_network)
        self.recorder = Recorder(client, "kubelet", host=config.node_name, clock=clock)
        self.nodes = Informer(client, Node, clock=clock)
        self.pods = Informer(client, Pod, field_selector=f"spec.nodeName={config.node_name}", clock=clock)
        self.services = Informer(client, Service, clock=clock)
        self.routes = Routes(config.node_name, self.nodes)
        self.shared = Services(
            config, client, self.runtime, Volumes(config.root_dir, client), StatusManager(client, clock),
            self.recorder, self.services, clock, asyncio.Event(),
        )  # fmt: skip
        self.manager: PodManager | None = None
        self._configure = asyncio.Event()
        self.nodes.on_any(self._own_node_changed)

    async def run(self) -> None:
        """Until cancelled."""
        await self.runtime.start()
        health = HttpServer({"/healthz": lambda: Answer("ok"), "/metrics": metrics})
        if self.config.healthz_port:
            await health.start("127.0.0.1", self.config.healthz_port)
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in (self.node, self.nodes, self.services, self.recorder, self.routes):
                    tasks.create_task(part.run())
                tasks.create_task(self._wait_for_pod_cidrs())
                tasks.create_task(self._run_pods(tasks))
                if self.config.tls_cert_file:
                    tasks.create_task(KubeletServer(self.config, self.pods, self.runtime).run())
        finally:
            if self.manager:
                await self.manager.close()
            await self.shared.statuses.close()
            await self.runtime.close()
            await health.stop()

    async def _run_pods(self, tasks: asyncio.TaskGroup) -> None:
        # A container's environment names the Services that exist, so they must be known first.
        await self.node.registered.wait()
        await self.services.synced.wait()
        self.manager = PodManager(self.shared, self.pods)
        tasks.create_task(self.pods.run())
        await self.pods.synced.wait()
        self.manager.end_orphans()
        await self._end_leftover_networks()
        log.info("%d pods are bound to this node", len(self.manager.workers))

    # ---- the node's network ----

    async def _end_leftover_networks(self) -> None:
        try:
            await self.network.delete_all_but({*self.manager.workers, *(r.uid for r in self.runtime.pods())})
        except NetworkError as error:
            log.warning("networks of pods that are gone: %s", error)

    def _problem(self) -> str:
        return "" if self.network.ready else NO_NETWORK

    def _own_node_changed(self, node: Node) -> None:
        if node.metadata.name == self.config.node_name:
            self._configure.set()

    async def _wait_for_pod_cidrs(self) -> None:
        while not self.network.ready:
            await self._configure.wait()
            self._configure.clear()
            if node := self.nodes.get("", self.config.node_name):
                await self._configure_network(node)

    async def _configure_network(self, node: Node) -> None:
        """Makes the bridge, once the node has been given its pod CIDRs."""
        cidrs = (node.spec.podCIDRs or [node.spec.podCIDR]) if node.spec.podCIDR else []
        if not cidrs or self.network.ready:
            return
        try:
            await self.network.configure(cidrs)
        except NetworkError as error:
            log.warning("network: %s", error)
            asyncio.get_running_loop().call_later(1.0, self._configure.set)
            return
        log.info("pods get addresses of %s", ", ".join(cidrs))
        self.shared.network_ready.set()
        self.node.changed()
        if self.manager:
            self.manager.wake_all()
