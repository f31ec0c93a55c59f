"""Asks for everything that the walk needs, much of it at once.

Called by `kubectl_lite.commands.why`. It calls the session and `kubectl_lite.debugging`. What is not answered (no
permission, no such endpoint on another cluster's kubelets, a node that is gone) leaves its fact empty and is noted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kubectl_lite.debugging import Json, Said, ask, ask_node, ask_proxy, request_from
from kubectl_lite.session import Session
from kubectl_lite.why.facts import Facts, NodeFacts
from kubectl_lite.why.objects import is_ready, is_running, name, protocol

MOST_PODS, MOST_NODES = 20, 50


class Gatherer:
    """Gathers for one Service; remembers what could not be asked."""

    def __init__(self, session: Session, namespace: str, service: str, client: str = ""):
        self._session, self._namespace, self._name, self._client = session, namespace, service, client
        self._not_asked: list[str] = []

    async def gather(self) -> Facts:
        """Raises CommandError when the server itself cannot be reached, or will not show the Service."""
        service = await self._service()
        objects = await self._objects(service)
        facts = Facts(self._namespace, self._name, service, client=self._client, now=time.time(), **objects)
        if service is None:
            return facts
        listening, by_node, answer = await asyncio.gather(
            self._listening(facts), self._nodes(facts), self._dns_answer(facts)
        )
        more = {"matching_elsewhere": await self._elsewhere(facts)} if facts.selector and not facts.selected else {}
        return replace(
            facts, listening=listening, by_node=by_node, dns_answer=answer, not_asked=tuple(self._not_asked),
            now=time.time(), **more,
        )  # fmt: skip

    # ---- objects ----

    async def _service(self) -> Json | None:
        from kube.apimachinery.errors import NotFound

        try:
            return await self._session.get(f"/api/v1/namespaces/{self._namespace}/services/{self._name}")
        except NotFound:
            return None

    async def _objects(self, service: Json | None) -> dict[str, Any]:
        """The lists, by the name of the fact."""
        ns, networking = f"/api/v1/namespaces/{self._namespace}", "/apis/networking.k8s.io/v1"
        slices, of = "/apis/discovery.k8s.io/v1/namespaces", "kubernetes.io/service-name="
        wanted: dict[str, tuple[str, Json]] = {
            "nodes": ("/api/v1/nodes", {}),
            "dns_slices": (f"{slices}/kube-system/endpointslices", {"labelSelector": of + "kube-dns"}),
        }
        if service is None:
            wanted |= {
                "same_name": ("/api/v1/services", {"fieldSelector": f"metadata.name={self._name}"}),
                "neighbours": (f"{ns}/services", {}),
                "service_cidrs": (f"{networking}/servicecidrs", {}),
                "ipaddresses": (f"{networking}/ipaddresses", {}),
            }
        else:
            wanted |= {
                "pods": (f"{ns}/pods", {}),
                "events": (f"{ns}/events", {}),
                "slices": (f"{slices}/{self._namespace}/endpointslices", {"labelSelector": of + self._name}),
            }
        lists, dns = await asyncio.gather(
            asyncio.gather(*(self._list(path, query) for path, query in wanted.values())),
            ask(self._session, "/api/v1/namespaces/kube-system/services/kube-dns"),
        )
        found: dict[str, Any] = dict(zip(wanted, lists, strict=True)) | {"dns_service": dns.answer}
        if service is None:
            found["neighbours"] = tuple(map(name, found["neighbours"]))
            found["addresses_in_use"] = sum(":" not in name(one) for one in found.pop("ipaddresses"))
        else:
            found["events"] = tuple(sorted(found["events"], key=_last_seen))
        return found

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

    # ---- pods ----

    async def _listening(self, facts: Facts) -> dict[str, tuple[Json, ...] | str]:
        asked = [pod for pod in facts.living if is_running(pod) and pod["spec"].get("nodeName")][:MOST_PODS]
        said = await asyncio.gather(*(self._sockets(pod) for pod in asked))
        return {name(pod): answer for pod, answer in zip(asked, said, strict=True)}

    async def _sockets(self, pod: Json) -> tuple[Json, ...] | str:
        path = f"pods/{self._namespace}/{name(pod)}/listening"
        said = await ask_node(self._session, pod["spec"]["nodeName"], path)
        if said.answer is None:
            self._not_asked.append(f"could not ask {pod['spec']['nodeName']} what listens in {name(pod)}: {said.error}")
            return said.error
        return tuple(said.answer["listening"])

    # ---- nodes ----

    async def _nodes(self, facts: Facts) -> dict[str, NodeFacts]:
        if facts.type == "ExternalName" or facts.is_headless:
            return {}
        ready = [node for node in facts.nodes if is_ready(node)][:MOST_NODES]
        told = await asyncio.gather(*(self._node(facts, node, ready) for node in ready))
        return {name(node): one for node, one in zip(ready, told, strict=True)}

    async def _node(self, facts: Facts, node: Json, all_: Sequence[Json]) -> NodeFacts:
        here = name(node)
        proxy, listening, cluster_ip, node_port = await asyncio.gather(
            ask_proxy(self._session, here, self._namespace, self._name),
            self._node_sockets(facts, here),
            self._try_cluster_ip(facts, here),
            self._try_node_ports(facts, node, all_),
        )
        if proxy.answer is None and "the proxy does not answer" not in proxy.error:
            self._not_asked.append(f"could not ask {here}: {proxy.error}")
        return NodeFacts(proxy.answer, proxy.error, listening, cluster_ip, node_port)

    async def _node_sockets(self, facts: Facts, node: str) -> tuple[Json, ...]:
        if not any(port.get("nodePort") for port in facts.ports):
            return ()
        said = await ask_node(self._session, node, "listening")
        return tuple((said.answer or {}).get("listening") or ())

    async def _try_cluster_ip(self, facts: Facts, node: str) -> tuple[Json, ...]:
        """A connection from the node to the first TCP port of the cluster IP."""
        port = next((p["port"] for p in facts.ports if protocol(p) == "TCP"), 0)
        address = facts.spec.get("clusterIP", "")
        if not port or not address or not facts.ready_endpoints:
            return ()
        return _tried(await self._connect(node, address, port), node)

    async def _try_node_ports(self, facts: Facts, node: Json, all_: Sequence[Json]) -> tuple[Json, ...]:
        """A connection from another node to each TCP node port of this one."""
        others = [name(one) for one in all_ if one is not node]
        addresses = [a["address"] for a in node["status"].get("addresses") or () if a["type"] == "InternalIP"]
        ports = [p["nodePort"] for p in facts.ports if p.get("nodePort") and protocol(p) == "TCP"]
        if not others or not addresses or not facts.ready_endpoints:
            return ()
        said = await asyncio.gather(*(self._connect(others[0], addresses[0], port) for port in ports))
        return tuple(one for answer in said for one in _tried(answer, others[0]))

    async def _connect(self, node: str, address: str, port: int) -> Said:
        return await request_from(self._session, node, None, host=address, port=port, connectOnly=1)

    # ---- names ----

    async def _dns_answer(self, facts: Facts) -> Json | None:
        """What cluster DNS answers a node that asks for the Service, or for what it is an alias of."""
        server = ((facts.dns_service or {}).get("spec") or {}).get("clusterIP")
        node = next((name(one) for one in facts.nodes if is_ready(one)), "")
        if not server or not node:
            return None
        asked = f"{self._name}.{self._namespace}.svc.{facts.cluster_domain}."
        said = await request_from(self._session, node, None, host=asked, resolvConf=f"nameserver {server}")
        queries = (said.answer or {}).get("queries") or []
        if said.answer is None:
            self._not_asked.append(f"could not ask {node} to try cluster DNS: {said.error}")
        return queries[-1] if queries else None


def _tried(said: Said, node: str) -> tuple[Json, ...]:
    return () if said.answer is None else (said.answer | {"from": node},)


def _last_seen(event: Json) -> str:
    return event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or ""
