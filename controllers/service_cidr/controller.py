"""The ServiceCIDR controller: the finalizer and the Ready condition of each range.

Run by `controllers.manager`. `needed_by` below decides and is pure. Adding a ServiceCIDR is how the Service range
grows. Source: k8s.io/kubernetes/pkg/controller/servicecidrs (KEP-1880).

| the ServiceCIDR | then |
|---|---|
| is new | finalizer, Ready=True |
| is being deleted, an address lies in no other range | stays, Ready=False, reason Terminating |
| is being deleted, every address lies in another range too | after 10 s the finalizer goes |
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime

from controllers.controller import Context, Controller
from kube.api.networking_v1 import IPAddress, ServiceCIDR
from kube.apimachinery import times
from kube.apimachinery.errors import NotFound
from kube.apimachinery.meta_v1 import Condition
from kube.events import WARNING
from kube.informer import Key, key_of

FINALIZER = "networking.k8s.io/service-cidr-finalizer"
GRACE_SECONDS = 10.0
"""Between seeing that nobody needs a range and letting it go: an allocation may be under way."""
IN_USE = "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR"


def needed_by(cidr: ServiceCIDR, others: Iterable[ServiceCIDR], addresses: Iterable[str]) -> list[str]:
    """The addresses that lie in this range and in no other that stays."""
    mine = [ipaddress.ip_network(c) for c in cidr.spec.cidrs]
    staying = [
        ipaddress.ip_network(c)
        for other in others
        if other.metadata.deletionTimestamp is None and other.metadata.name != cidr.metadata.name
        for c in other.spec.cidrs
    ]
    found = []
    for text in addresses:
        ip = ipaddress.ip_address(text)
        if any(ip in net for net in mine) and not any(ip in net for net in staying):
            found.append(text)
    return found


class ServiceCIDRController(Controller):
    name = "service-cidr-controller"
    queue_name = "servicecidrs"
    workers = 1

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(self.name)
        self.cidrs = self.informer(ServiceCIDR)
        self.addresses = self.informer(IPAddress)
        self._free_since: dict[str, float] = {}
        self.cidrs.on_any(self._changed)
        self.addresses.add_handler(self._address_changed, None, self._address_changed)

    async def sync(self, key: Key) -> str | None:
        cidr = self.cidrs.get(*key)
        if cidr is None:
            self._free_since.pop(key[1], None)
            return None
        if cidr.metadata.deletionTimestamp is not None:
            return await self._let_go(cidr)
        if FINALIZER not in cidr.metadata.finalizers:
            cidr = await self._set_finalizers(cidr, [*cidr.metadata.finalizers, FINALIZER])
        ready = Condition(type="Ready", status="True", message="Kubernetes Service CIDR is ready")
        return "ready" if await self._set_ready(cidr, ready) else None

    async def _let_go(self, cidr: ServiceCIDR) -> str | None:
        if FINALIZER not in cidr.metadata.finalizers:
            return None
        name = cidr.metadata.name
        used = needed_by(cidr, self.cidrs.list(), [a.metadata.name for a in self.addresses.list()])
        if used:
            self._free_since.pop(name, None)
            await self._set_ready(cidr, Condition(type="Ready", status="False", reason="Terminating", message=IN_USE))
            self.events.event(cidr, WARNING, "Terminating", IN_USE)
            return f"cannot go: {len(used)} addresses need it"
        since = self._free_since.setdefault(name, self.clock.monotonic())
        left = since + GRACE_SECONDS - self.clock.monotonic()
        if left > 0:
            self.queue.add_after(key_of(cidr), left)
            return None
        await self._set_finalizers(cidr, [f for f in cidr.metadata.finalizers if f != FINALIZER])
        return "goes: nobody needs it"

    async def _set_finalizers(self, cidr: ServiceCIDR, finalizers: list[str]) -> ServiceCIDR:
        meta = {"resourceVersion": cidr.metadata.resourceVersion, "finalizers": finalizers or None}
        try:
            return await self.client.patch(ServiceCIDR, cidr.metadata.name, "", {"metadata": meta}, "merge")
        except NotFound:
            return cidr

    async def _set_ready(self, cidr: ServiceCIDR, wanted: Condition) -> bool:
        old = next((c for c in cidr.status.conditions if c.type == "Ready"), None)
        if old is not None and (old.status, old.reason) == (wanted.status, wanted.reason):
            return False
        wanted.lastTransitionTime = times.format_time(self._now())
        conditions = [c for c in cidr.status.conditions if c.type != "Ready"] + [wanted]
        status = cidr.status.model_copy(update={"conditions": conditions})
        await self.client.update_status(cidr.model_copy(update={"status": status}))
        return True

    def _now(self) -> datetime:
        return self.clock.now()

    def _changed(self, cidr: ServiceCIDR) -> None:
        """One range may be what another waited for."""
        self.enqueue(cidr)
        self._wake_terminating()

    def _address_changed(self, _address: IPAddress) -> None:
        self._wake_terminating()

    def _wake_terminating(self) -> None:
        for cidr in self.cidrs.list():
            if cidr.metadata.deletionTimestamp is not None:
                self.enqueue(cidr)
