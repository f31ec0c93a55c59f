"""The Service `kubernetes`: how pods find the API servers, and who these are.

Called by `hooks` every ten seconds. It calls the stores of Services, Endpoints and EndpointSlices, and keeps one key a
server, `/registry/masterleases/ADDRESS`, that goes by itself when the server does: so a server that died leaves the
endpoints of all others. Source: kubernetes pkg/controlplane/reconcilers/lease.go, controller/kubernetesservice.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apiserver.bootstrap.objects import ensure
from apiserver.registry.generic.store import Store
from apiserver.storage.interface import ROOT, Delete, Put, Storage
from kube.api.core_v1 import Endpoints, Service
from kube.api.discovery_v1 import EndpointSlice

LEASES = f"{ROOT}masterleases/"
LEASE_SECONDS = 15
NAME, NAMESPACE = "kubernetes", "default"
_LABELS = {"component": "apiserver", "provider": "kubernetes"}


def first_address(cluster_ip_range: str) -> str:
    """The first address of the service range: where the Service `kubernetes` is."""
    return str(ipaddress.ip_network(cluster_ip_range)[1])


@dataclass
class KubernetesService:
    """`stores` by plural."""

    storage: Storage
    stores: Mapping[str, Store[Any]]
    cluster_ip: str
    address: str
    port: int

    async def reconcile(self) -> None:
        """Renews this server's lease, then makes the Service and its endpoints what they should be."""
        await self.storage.commit([], [Put(LEASES + self.address, b"{}", ttl=LEASE_SECONDS)])
        await ensure(self.stores["services"], NAMESPACE, self._service(), _keep_ports)
        addresses = await self._living()
        await ensure(self.stores["endpoints"], NAMESPACE, self._endpoints(addresses), _keep_subsets)
        await ensure(self.stores["endpointslices"], NAMESPACE, self._slice(addresses), _keep_endpoints)

    async def leave(self) -> None:
        """Gives up this server's lease: it is about to stop."""
        await self.storage.commit([], [Delete(LEASES + self.address)])

    async def _living(self) -> list[str]:
        page = await self.storage.list(LEASES)
        found = {stored.key.removeprefix(LEASES) for stored in page.items} | {self.address}
        # A server that serves one machine only is no endpoint: Kubernetes refuses loopback addresses as such.
        found = {address for address in found if not ipaddress.ip_address(address).is_loopback}
        return sorted(found, key=lambda a: (ipaddress.ip_address(a).version, int(ipaddress.ip_address(a))))

    def _service(self) -> Service:
        return Service.from_dict({
            "kind": "Service", "apiVersion": "v1", "metadata": {"name": NAME, "labels": _LABELS},
            "spec": {
                "type": "ClusterIP", "clusterIP": self.cluster_ip, "sessionAffinity": "None",
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": self.port}],
            },
        })  # fmt: skip

    def _endpoints(self, addresses: Sequence[str]) -> Endpoints:
        return Endpoints.from_dict({
            "kind": "Endpoints", "apiVersion": "v1",
            "metadata": {"name": NAME, "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
            "subsets": [{
                "addresses": [{"ip": a} for a in addresses],
                "ports": [{"name": "https", "port": self.port, "protocol": "TCP"}],
            }] if addresses else [],
        })  # fmt: skip

    def _slice(self, addresses: Sequence[str]) -> EndpointSlice:
        family = "IPv6" if ":" in self.address else "IPv4"
        return EndpointSlice.from_dict({
            "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": family,
            "metadata": {"name": NAME, "labels": {"kubernetes.io/service-name": NAME}},
            "endpoints": [{"addresses": [a], "conditions": {"ready": True}} for a in addresses],
            "ports": [{"name": "https", "port": self.port, "protocol": "TCP"}],
        })  # fmt: skip


def _keep_ports(stored: Any, wanted: Any) -> bool:
    if stored.spec.type == wanted.spec.type and stored.spec.ports == wanted.spec.ports:
        return False
    stored.spec.type, stored.spec.ports = wanted.spec.type, wanted.spec.ports
    return True


def _keep_subsets(stored: Any, wanted: Any) -> bool:
    if stored.subsets == wanted.subsets:
        return False
    stored.subsets = wanted.subsets
    return True


def _keep_endpoints(stored: Any, wanted: Any) -> bool:
    if (stored.endpoints, stored.ports) == (wanted.endpoints, wanted.ports):
        return False
    stored.endpoints, stored.ports = wanted.endpoints, wanted.ports
    return True
