"""Asks the nodes: their proxies, the sockets in pods, real connections, cluster DNS as a node sees it; and pods' logs.

Called by `gather`. It calls `kubectl_lite.debugging`. What cannot be asked is added to the list of that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from kubectl_lite.debugging import Json, Said, ask_log, ask_node, ask_proxy, request_from
from kubectl_lite.session import Session
from kubectl_lite.why.facts import Facts, NodeFacts
from kubectl_lite.why.objects import (
    container_ended,
    endpoint_condition,
    is_ready,
    is_running,
    name,
    protocol,
    runs_any_container,
)

MOST_PODS, MOST_NODES, MOST_ENDPOINTS, MOST_LOGS = 20, 50, 12, 3


class NodesAsked:
    def __init__(self, session: Session, not_asked: list[str]):
        self._session, self._not_asked = session, not_asked

    async def ask(self, facts: Facts) -> dict[str, Any]:
        """The facts that it adds, by their names."""
        listening, by_node, answer, words = await asyncio.gather(
            self._listening(facts), self._nodes(facts), self._dns_answer(facts), self._last_words(facts)
        )
        failed = any(one.get("error") for told in by_node.values() for one in (*told.cluster_ip, *told.node_port))
        tries = await self._try_endpoints(facts, list(_doubtful(facts, failed)))
        return {"listening": listening, "by_node": by_node, "dns_answer": answer, "last_words": words,
                "endpoint_tries": tries}  # fmt: skip

    def _missed(self, said: Said, node: str, what: str) -> None:
        """Noted once, however many nodes would not say."""
        if said.answer is None:
            self._not_asked.append(f"{node}: {what}: {said.error}")

    # ---- pods ----

    async def _listening(self, facts: Facts) -> dict[str, tuple[Json, ...] | str]:
        asked = [pod for pod in facts.living if is_running(pod) and runs_any_container(pod)][:MOST_PODS]
        said = await asyncio.gather(*(self._sockets(facts, pod) for pod in asked))
        return {name(pod): answer for pod, answer in zip(asked, said, strict=True)}

    async def _sockets(self, facts: Facts, pod: Json) -> tuple[Json, ...] | str:
        node = pod["spec"].get("nodeName", "")
        said = await ask_node(self._session, node, f"pods/{facts.namespace}/{name(pod)}/listening")
        self._missed(said, node, f"what listens in {name(pod)}")
        return said.error if said.answer is None else tuple(said.answer["listening"])

    async def _last_words(self, facts: Facts) -> dict[str, str]:
        """Of pods whose containers end: the last line of each, which mostly says why."""
        ended = [(pod, status) for pod in facts.living if (status := container_ended(pod))][:MOST_LOGS]
        said = await asyncio.gather(*(self._log(facts, pod, status) for pod, status in ended))
        return {name(pod): text for (pod, _), text in zip(ended, said, strict=True) if text}

    async def _log(self, facts: Facts, pod: Json, status: Json) -> str:
        previous = bool((status.get("state") or {}).get("running"))
        text = await ask_log(self._session, facts.namespace, name(pod), status["name"], previous)
        return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")

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
            ask_proxy(self._session, here, facts.namespace, facts.name),
            self._node_sockets(facts, here),
            self._try_cluster_ip(facts, here),
            self._try_node_ports(facts, node, all_),
        )
        if "the proxy does not answer" not in proxy.error:
            self._missed(proxy, here, "its proxy and kernel")
        return NodeFacts(proxy.answer, proxy.error, listening, cluster_ip, node_port)

    async def _node_sockets(self, facts: Facts, node: str) -> tuple[Json, ...]:
        if not any(port.get("nodePort") for port in facts.ports):
            return ()
        said = await ask_node(self._session, node, "listening")
        return tuple((said.answer or {}).get("listening") or ())

    # ---- connections ----

    async def _try_cluster_ip(self, facts: Facts, node: str) -> tuple[Json, ...]:
        """A connection from the node to the first port of each cluster IP that has connections."""
        port = next((p for p in facts.ports if protocol(p) != "UDP"), None)
        if port is None or not facts.ready_endpoints or facts.other_proxy:
            return ()
        addresses = facts.spec.get("clusterIPs") or [facts.spec.get("clusterIP", "")]
        return await self._connect_all((node, address, port["port"], protocol(port)) for address in addresses)

    async def _try_node_ports(self, facts: Facts, node: Json, all_: Sequence[Json]) -> tuple[Json, ...]:
        """A connection from another node to each node port of this one that has connections."""
        other = next((name(one) for one in all_ if one is not node), "")
        addresses = [a["address"] for a in node["status"].get("addresses") or () if a["type"] == "InternalIP"]
        addresses = [a for a in addresses if (":" in a) == (facts.families[0] == "IPv6")]
        if not other or not addresses or not facts.ready_endpoints or facts.other_proxy:
            return ()
        ports = [p for p in facts.ports if p.get("nodePort") and protocol(p) != "UDP"]
        return await self._connect_all((other, addresses[0], p["nodePort"], protocol(p)) for p in ports)

    async def _try_endpoints(self, facts: Facts, doubtful: list[tuple[str, int, str]]) -> tuple[Json, ...]:
        node = next((name(one) for one in facts.nodes if is_ready(one)), "")
        if not node or not doubtful:
            return ()
        return await self._connect_all((node, *one) for one in doubtful[:MOST_ENDPOINTS])

    async def _connect_all(self, wanted: Any) -> tuple[Json, ...]:
        asked = list(wanted)
        said = await asyncio.gather(*(
            request_from(self._session, node, None, host=address, port=port, protocol=kind, connectOnly=1)
            for node, address, port, kind in asked
        ))  # fmt: skip
        both = zip(asked, said, strict=True)
        return tuple(one.answer | {"from": node} for (node, *_), one in both if one.answer is not None)

    # ---- names ----

    async def _dns_answer(self, facts: Facts) -> Json | None:
        """What cluster DNS answers a node that asks for the Service, or for what it is an alias of."""
        server = ((facts.dns_service or {}).get("spec") or {}).get("clusterIP")
        node = next((name(one) for one in facts.nodes if is_ready(one)), "")
        if not server or not node:
            return None
        asked = f"{facts.name}.{facts.namespace}.svc.{facts.cluster_domain}."
        said = await request_from(self._session, node, None, host=asked, resolvConf=f"nameserver {server}")
        self._missed(said, node, "cluster DNS")
        queries = (said.answer or {}).get("queries") or []
        if not queries:
            return None
        addresses = [address for query in queries for address in query.get("addresses") or ()]
        failed = next((query for query in queries if query.get("error")), queries[-1])
        return failed | {"addresses": addresses}


def _doubtful(facts: Facts, failed: bool) -> Iterator[tuple[str, int, str]]:
    """(address, port, protocol) of ready endpoints that are none of the selected pods; of all when something failed."""
    pods = {ip["ip"] for pod in facts.selected for ip in (pod.get("status") or {}).get("podIPs") or ()}
    for one, endpoint in facts.endpoints():
        if not endpoint_condition(endpoint, "ready"):
            continue
        for port in one.get("ports") or ():
            for address in endpoint["addresses"]:
                if (failed or address not in pods) and port.get("port") and protocol(port) != "UDP":
                    yield address, port["port"], protocol(port)
