"""Asks for everything that the walk needs, much of it at once.

Called by `kubectl_lite.commands.why`. It calls the session, `kubectl_lite.debugging`, and `ask_nodes` for what only
nodes can tell. What is not answered (no permission, no such endpoint on another cluster's kubelets, a node that is
gone) leaves its fact empty and is noted.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from dataclasses import replace
from typing import Any

from kubectl_lite.debugging import Json, ask
from kubectl_lite.session import Session
from kubectl_lite.why.ask_nodes import NodesAsked
from kubectl_lite.why.facts import Facts
from kubectl_lite.why.objects import is_fresh, name

WORKLOADS = {"deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet"}


class Gatherer:
    """Gathers for one Service; remembers what could not be asked."""

    def __init__(self, session: Session, namespace: str, service: str, port: str = "", client: str = ""):
        self._session, self._namespace, self._name, self._port, self._client = session, namespace, service, port, client
        self._not_asked: list[str] = []

    async def gather(self) -> Facts:
        """Raises CommandError when the server itself cannot be reached, or will not show the Service."""
        service = await self._service()
        objects = await self._objects(service)
        home = self._session.config.namespace or "default"
        facts = Facts(
            self._namespace, self._name, service, port=self._port, client=self._client, home=home, now=time.time(),
            **objects,
        )  # fmt: skip
        if service is None:
            return facts
        nodes = NodesAsked(self._session, self._not_asked)
        told, owner, leases = await asyncio.gather(
            nodes.ask(facts), self._address_owner(facts), self._node_leases(facts)
        )
        more = {"matching_elsewhere": await self._elsewhere(facts)} if facts.selector and not facts.selected else {}
        return replace(facts, **told, **more, address_owner=owner, node_leases=leases,
                       not_asked=tuple(self._not_asked), now=time.time())  # fmt: skip

    # ---- objects ----

    async def _service(self) -> Json | None:
        from kube.apimachinery.errors import NotFound

        try:
            return await self._session.get(f"/api/v1/namespaces/{self._namespace}/services/{self._name}")
        except NotFound:
            return None

    async def _objects(self, service: Json | None) -> dict[str, Any]:
        """The lists, by the name of the fact."""
        wanted = self._wanted(service)
        lists, dns, managers = await asyncio.gather(
            asyncio.gather(*(self._list(path, query) for path, query in wanted.values())),
            ask(self._session, "/api/v1/namespaces/kube-system/services/kube-dns"),
            ask(self._session, "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager"),
        )
        found: dict[str, Any] = dict(zip(wanted, lists, strict=True)) | {"dns_service": dns.answer}
        if service is None:
            found["neighbours"] = tuple(map(name, found["neighbours"]))
            found["addresses_in_use"] = sum(":" not in name(one) for one in found.pop("ipaddresses"))
            return found
        of_kinds = [{"kind": kind} | one for plural, kind in WORKLOADS.items() for one in found.pop(plural)]
        found |= {"workloads": tuple(of_kinds), "managers": managers.answer}
        found["events"] = tuple(sorted(found["events"], key=_last_seen))
        return found

    def _wanted(self, service: Json | None) -> dict[str, tuple[str, Json]]:
        """Which lists: (path, query) by a name."""
        ns, networking = f"/api/v1/namespaces/{self._namespace}", "/apis/networking.k8s.io/v1"
        slices, of = "/apis/discovery.k8s.io/v1/namespaces", "kubernetes.io/service-name="
        wanted: dict[str, tuple[str, Json]] = {
            "nodes": ("/api/v1/nodes", {}),
            "dns_slices": (f"{slices}/kube-system/endpointslices", {"labelSelector": of + "kube-dns"}),
        }
        if service is None:
            return wanted | {
                "same_name": ("/api/v1/services", {"fieldSelector": f"metadata.name={self._name}"}),
                "neighbours": (f"{ns}/services", {}),
                "service_cidrs": (f"{networking}/servicecidrs", {}),
                "ipaddresses": (f"{networking}/ipaddresses", {}),
            }
        return wanted | {
            "pods": (f"{ns}/pods", {}),
            "events": (f"{ns}/events", {}),
            "slices": (f"{slices}/{self._namespace}/endpointslices", {"labelSelector": of + self._name}),
            **{plural: (f"/apis/apps/v1/namespaces/{self._namespace}/{plural}", {}) for plural in WORKLOADS},
        }

    async def _list(self, path: str, query: Json) -> tuple[Json, ...]:
        said = await ask(self._session, path, **query)
        if said.answer is None:
            self._not_asked.append(f"could not list {path.rpartition('/')[2]}: {said.error}")
            return ()
        return tuple(said.answer.get("items") or ())

    async def _elsewhere(self, facts: Facts) -> tuple[Json, ...]:
        """Pods of other namespaces that would match."""
        labels = ",".join(f"{key}={value}" for key, value in facts.selector.items())
        found = await self._list("/api/v1/pods", {"labelSelector": labels, "limit": "20"})
        return tuple(pod for pod in found if pod["metadata"]["namespace"] != self._namespace)

    async def _node_leases(self, facts: Facts) -> tuple[Json, ...]:
        if is_fresh(facts.managers, facts.now):
            return ()
        return await self._list("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", {})

    async def _address_owner(self, facts: Facts) -> str:
        """To which Service the books say that the cluster IP was given; empty when nobody knows."""
        try:
            address = ipaddress.ip_address(facts.spec.get("clusterIP") or "")
        except ValueError:
            return ""
        said = await ask(self._session, f"/apis/networking.k8s.io/v1/ipaddresses/{address}")
        parent = ((said.answer or {}).get("spec") or {}).get("parentRef") or {}
        return f"{parent['namespace']}/{parent['name']}" if parent.get("name") else ""


def _last_seen(event: Json) -> str:
    return event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or ""
