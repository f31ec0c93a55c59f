"""A node without root: its pods run at once, their commands are this machine's, and what they log is known.

Used by tests that want whole workloads - a rollout that finishes, `kubectl exec` - without network namespaces. It
registers a node through our client, watches the pods that the scheduler binds to it and reports them as a kubelet
does; the streams come from `tests.support.kubelet`. It leaves out probes, images and heartbeats, so the controllers
beside it must be patient with silent nodes.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from ipaddress import ip_network

from kube.api.core_v1 import Node, Pod
from kube.apimachinery import times
from kube.apimachinery.errors import StatusError
from kube.client import Client
from kube.clock import RealClock
from kube.informer import Informer
from tests.support.cluster import ApiServer
from tests.support.kubelet import KubeletServer

LOG = "one\ntwo\nthree"
BROKEN_IMAGE = "broken"
"""Pods of this image never become ready."""


class StandInNode:
    """Runs on a thread of its own from the constructor's return until `stop`."""

    def __init__(self, server: ApiServer, name: str = "node1"):
        self.name, self._kubeconfig = name, server.kubeconfig(name="node.kubeconfig")
        self._addresses = ip_network("10.244.0.0/16").hosts()
        self.kubelet = KubeletServer(server.directory, server.authority)
        self._started, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(30), "the node did not register"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join(10)
        self.kubelet.stop()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner, contextlib.suppress(asyncio.CancelledError):
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._main = asyncio.current_task()
        async with Client.from_kubeconfig(self._kubeconfig) as client, asyncio.TaskGroup() as group:
            await self._register(client)
            pods = Informer(client, Pod, field_selector=f"spec.nodeName={self.name}")
            pods.add_handler(
                lambda pod: group.create_task(self._sync(client, pod)),
                lambda _, pod: group.create_task(self._sync(client, pod)),
            )
            self._started.set()
            await pods.run()

    async def _register(self, client: Client) -> None:
        await client.create(Node.from_dict({"metadata": {"name": self.name, "labels": {"role": "worker"}}}))
        size = {"cpu": "8", "memory": "16Gi", "pods": "1000"}
        status = {
            "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": self._now()}],
            "allocatable": size, "capacity": size,
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self.kubelet.port}},
        }  # fmt: skip
        await client.patch(Node, self.name, "", {"status": status}, "strategic", subresource="status")

    async def _sync(self, client: Client, pod: Pod) -> None:
        """Runs a new pod, and lets one go that is to end. Another may have been quicker: then it is done."""
        meta = pod.metadata
        with contextlib.suppress(StatusError):
            if meta.deletionTimestamp is not None:
                await client.delete(Pod, meta.name, meta.namespace, uid=meta.uid, grace_period_seconds=0)
            elif pod.status.phase in ("", "Pending") and not pod.status.containerStatuses:
                status = self._status(pod)
                pod = await client.patch(
                    Pod, meta.name, meta.namespace, {"status": status}, "strategic", subresource="status"
                )
                self.kubelet.add(pod, log=LOG)

    def _status(self, pod: Pod) -> dict[str, object]:
        now, runs = self._now(), pod.spec.containers[0].image != BROKEN_IMAGE
        ready, address = "True" if runs else "False", str(next(self._addresses))
        state = {"running": {"startedAt": now}} if runs else {"waiting": {"reason": "ErrImagePull"}}
        return {
            "phase": "Running" if runs else "Pending", "startTime": now,
            "hostIP": "127.0.0.1", "podIP": address, "podIPs": [{"ip": address}],
            "conditions": [
                {"type": type_, "status": status, "lastTransitionTime": now}
                for type_, status in (("Initialized", "True"), ("ContainersReady", ready), ("Ready", ready))
            ],
            "containerStatuses": [
                {"name": c.name, "image": c.image, "imageID": "", "ready": runs, "started": runs, "restartCount": 0,
                 "state": state, "resources": c.resources.to_dict()}
                for c in pod.spec.containers
            ],
        }  # fmt: skip

    @staticmethod
    def _now() -> str:
        return times.format_time(RealClock().now())
