"""Keeps the Node object and its Lease: registers the node, posts its conditions, renews the Lease.

Called by `kubelet.kubelet`. It calls the client. The Lease, every ten seconds, says that the node lives; the status
is written only when it changed, or every five minutes, as in Kubernetes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from kube.api.coordination_v1 import Lease, LeaseSpec
from kube.api.core_v1 import Node, NodeCondition, NodeStatus
from kube.apimachinery.errors import AlreadyExists, Conflict, NotFound, StatusError
from kube.apimachinery.meta_v1 import ObjectMeta, OwnerReference
from kube.apimachinery.times import format_micro_time, format_time
from kube.client import Client, Unreachable
from kube.clock import Clock
from kubelet.config import KubeletConfig
from kubelet.node.info import machine_facts, make_conditions, make_node, make_status

log = logging.getLogger(__name__)
LEASE_NAMESPACE = "kube-node-lease"
LEASE_SECONDS = 40
RENEW_SECONDS = 10.0
STATUS_SECONDS = 10.0
REPORT_SECONDS = 300.0
RETRY_SECONDS = 1.0


class NodeRegistration:
    """The node in the API.

    `problem()` says why it is not ready, or an empty string. `prepare(node)` is awaited before the first status is
    posted, so that a kubelet that starts again does not say for a moment that its pods have no network.
    """

    def __init__(
        self,
        config: KubeletConfig,
        client: Client,
        clock: Clock,
        problem: Callable[[], str],
        prepare: Callable[[Node], Awaitable[object]],
    ):
        self.config, self.client, self.clock, self.problem, self.prepare = config, client, clock, problem, prepare
        self.facts = machine_facts(config)
        self.registered = asyncio.Event()
        self._changed = asyncio.Event()
        self._conditions: list[NodeCondition] = []
        self._reported_at = float("-inf")
        self._uid = ""

    def changed(self) -> None:
        """Something that the status says may be different now."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        await self._retrying(self._register)
        self.registered.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_status())
            tasks.create_task(self._keep_lease())

    async def _retrying(self, action) -> None:
        while True:
            try:
                return await action()
            except (StatusError, Unreachable) as error:
                log.warning("node %s: %s", self.config.node_name, error)
                await self.clock.sleep(RETRY_SECONDS)

    async def _register(self) -> None:
        node = make_node(self.config, self.facts, self._make_conditions())
        try:
            made = await self.client.create(node)
            log.info("registered node %s", self.config.node_name)
        except AlreadyExists:
            made = await self.client.get(Node, self.config.node_name)
            self._conditions = list(made.status.conditions)
            await self._patch_labels(node, made)
        self._uid = made.metadata.uid
        await self.prepare(made)

    async def _patch_labels(self, wanted: Node, found: Node) -> None:
        """A restart with other labels; what others have put on the node stays."""
        if any(found.metadata.labels.get(key) != value for key, value in wanted.metadata.labels.items()):
            body = {"metadata": {"labels": wanted.metadata.labels}}
            await self.client.patch(Node, self.config.node_name, "", body, "merge")

    def _make_conditions(self) -> list[NodeCondition]:
        return make_conditions(self.problem(), format_time(self.clock.now()), self._conditions)

    # ---- status ----

    async def _keep_status(self) -> None:
        while True:
            self._changed.clear()
            await self._retrying(self._post_status)
            timer = self.clock.call_later(STATUS_SECONDS, self._changed.set)
            await self._changed.wait()
            timer.cancel()

    async def _post_status(self) -> None:
        conditions = self._make_conditions()
        due = self.clock.monotonic() - self._reported_at >= REPORT_SECONDS
        if not due and _same(conditions, self._conditions):
            return
        status = make_status(self.config, self.facts, conditions)
        try:
            body = {"status": status_patch(status)}
            await self.client.patch(Node, self.config.node_name, "", body, "strategic", subresource="status")
        except NotFound:
            await self._register()  # somebody deleted the node
        self._conditions, self._reported_at = conditions, self.clock.monotonic()

    # ---- lease ----

    async def _keep_lease(self) -> None:
        while True:
            await self._retrying(self._renew)
            await self.clock.sleep(RENEW_SECONDS)

    async def _renew(self) -> None:
        try:
            lease = await self.client.get(Lease, self.config.node_name, LEASE_NAMESPACE)
        except NotFound:
            await self.client.create(self._new_lease())
            return
        lease.spec = self._lease_spec()
        try:
            await self.client.update(lease)
        except Conflict:
            log.info("lease of %s: somebody else wrote it", self.config.node_name)

    def _lease_spec(self) -> LeaseSpec:
        now = format_micro_time(self.clock.now())
        return LeaseSpec(holderIdentity=self.config.node_name, leaseDurationSeconds=LEASE_SECONDS, renewTime=now)

    def _new_lease(self) -> Lease:
        owner = OwnerReference(apiVersion="v1", kind="Node", name=self.config.node_name, uid=self._uid)
        meta = ObjectMeta(name=self.config.node_name, namespace=LEASE_NAMESPACE, ownerReferences=[owner])
        return Lease(kind="Lease", apiVersion="coordination.k8s.io/v1", metadata=meta, spec=self._lease_spec())


def status_patch(status: NodeStatus) -> dict[str, Any]:
    """The status as a strategic merge patch. Addresses would be merged by type, but a node with two IP families has
    two of one type: they are replaced as a whole (k8s.io/component-helpers/node/util)."""
    patch = status.to_dict()
    return patch | {"addresses": [{"$patch": "replace"}, *patch["addresses"]]}


def _same(new: list[NodeCondition], old: list[NodeCondition]) -> bool:
    def essence(conditions: list[NodeCondition]) -> set[tuple[str, str, str, str]]:
        return {(c.type, c.status, c.reason, c.message) for c in conditions}

    return essence(new) <= essence(old)
