"""Sends the request from where it is to start, then asks the nodes on its way what they did with that very flow.

Called by `kubectl_lite.commands.trace`. It calls `kubectl_lite.debugging`, and `kube.one_request` when this machine is
the client. It leaves out what the answers mean (`hops`). The flow is found by its source port in conntrack.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from kube import one_request
from kubectl_lite.debugging import Json, ask, ask_flows, ask_proxy, request_from
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session
from kubectl_lite.trace.places import Goal, Origin, choose_port, entrance


@dataclass
class Trace:
    """All that was learned of one request."""

    origin: Origin
    goal: Goal
    host: str = ""
    service: Json | None = None
    port: Json = field(default_factory=dict)
    sent: Json = field(default_factory=dict)
    """What `kube.one_request` says."""
    entry: str = ""
    """The node that translated the virtual address."""
    flow: Json | None = None
    server: Json | None = None
    mode: str = ""
    pod: Json | None = None
    """The endpoint's pod."""
    arrived: Json | None = None
    """The same flow, as the endpoint's own node saw it."""
    notes: list[str] = field(default_factory=list)


async def send(session: Session, origin: Origin, goal: Goal, path: str) -> Trace:
    """Raises CommandError for a place that does not exist, StatusError."""
    trace = Trace(origin, goal)
    nodes = (await session.get("/api/v1/nodes")).get("items") or []
    pod = await _origin_pod(session, origin)
    await _find_service(session, trace, nodes)
    port = trace.sent.pop("port")
    asked = {"host": trace.host, "port": port, "protocol": trace.port.get("protocol") or "TCP", "path": path}
    trace.sent = await _request(session, trace, pod, asked)
    if trace.sent.get("source"):
        await _follow(session, trace, nodes, pod)
    return trace


async def _origin_pod(session: Session, origin: Origin) -> Json | None:
    if origin.kind != "pod":
        return None
    pod = await session.get(f"/api/v1/namespaces/{session.namespace}/pods/{origin.name}")
    if not pod["spec"].get("nodeName"):
        raise CommandError(f"pod {origin.name} is on no node yet")
    return pod


async def _find_service(session: Session, trace: Trace, nodes: list[Json]) -> None:
    """Which Service is meant, and the host and port to ask for."""
    goal = trace.goal
    if goal.service:
        name, _, namespace = goal.service.partition(".")
        namespace = namespace or session.namespace
        trace.service = await session.get(f"/api/v1/namespaces/{namespace}/services/{name}")
        trace.port = choose_port(trace.service, goal.port)
        trace.host, port = entrance(trace.origin, session.namespace, trace.service, trace.port, nodes)
        trace.sent = {"port": port}
        return
    trace.host, trace.sent = goal.host, {"port": int(goal.port)}
    listed = await ask(session, "/api/v1/services")
    for service in (listed.answer or {}).get("items") or ():
        for port in service["spec"].get("ports") or ():
            if _is_meant(service, port, goal):
                trace.service, trace.port = service, port


def _is_meant(service: Json, port: Json, goal: Goal) -> bool:
    """Whether a host and port are the Service's: its name, one of its addresses, or a node port."""
    meta, spec = service["metadata"], service["spec"]
    names = (f"{meta['name']}.{meta['namespace']}", f"{meta['name']}.{meta['namespace']}.svc")
    known = [*(spec.get("clusterIPs") or ()), *(spec.get("externalIPs") or ()), *names, f"{names[1]}.cluster.local"]
    known += [one.get("ip") for one in (service.get("status") or {}).get("loadBalancer", {}).get("ingress") or ()]
    at_port = str(port["port"]) == goal.port and goal.host in known
    return at_port or str(port.get("nodePort") or "") == goal.port


async def _request(session: Session, trace: Trace, pod: Json | None, asked: Json) -> Json:
    if trace.origin.kind == "client":
        return await asyncio.to_thread(one_request.request, asked)
    where = pod["spec"]["nodeName"] if pod else trace.origin.name
    place = (pod["metadata"]["namespace"], pod["metadata"]["name"]) if pod else None
    said = await request_from(session, where, place, **asked)
    if said.answer is None:
        raise CommandError(f"could not send from {trace.origin}: {said.error}")
    return said.answer


async def _follow(session: Session, trace: Trace, nodes: list[Json], pod: Json | None) -> None:
    """The flow on the node that translated it, the rules there, and the flow where it arrived."""
    names = [node["metadata"]["name"] for node in nodes]
    first = pod["spec"]["nodeName"] if pod else trace.origin.name
    await _find_flow(session, trace, [first] if first else names)
    if trace.service and trace.entry:
        meta = trace.service["metadata"]
        said = await ask_proxy(session, trace.entry, meta["namespace"], meta["name"])
        _take_rules(trace, said.answer, said.error)
    endpoint = trace.flow["answerer"] if trace.flow else _end(trace.sent)
    trace.pod = await _pod_at(session, endpoint.rpartition(":")[0].strip("[]"))
    there = (trace.pod or {}).get("spec", {}).get("nodeName", "")
    if trace.flow and there and there != trace.entry:
        found = await ask_flows(session, there, trace.flow["returnsTo"])
        trace.arrived = next((f for f in found if trace.flow["answerer"] in (f["destination"], f["answerer"])), None)


async def _find_flow(session: Session, trace: Trace, nodes: list[str]) -> None:
    """Sets `entry` and `flow`: conntrack's entry that our source port began."""
    asked = await asyncio.gather(*(ask_flows(session, node, trace.sent["source"]) for node in nodes))
    for node, flows in zip(nodes, asked, strict=True):
        for flow in flows:
            if flow["source"] == trace.sent["source"] and flow["destination"] == _end(trace.sent):
                trace.entry, trace.flow = node, flow
                return
    trace.entry = nodes[0] if len(nodes) == 1 else ""
    trace.notes.append("no conntrack entry of this flow was found: nothing translated it, or no proxy could be asked")


def _take_rules(trace: Trace, answer: Any, error: str) -> None:
    if answer is None:
        trace.notes.append(f"could not ask the proxy of {trace.entry}: {error}")
        return
    trace.mode = answer["mode"]
    address, port = trace.sent["address"], trace.sent["port"]
    for server in answer["servers"]:
        if server["port"] == port and server["address"] in (address, ""):
            trace.server = server


async def _pod_at(session: Session, address: str) -> Json | None:
    said = await ask(session, "/api/v1/pods", fieldSelector=f"status.podIP={address}")
    items = (said.answer or {}).get("items") or []
    return items[0] if items else None


def _end(sent: Json) -> str:
    address = sent["address"]
    return f"[{address}]:{sent['port']}" if ":" in address else f"{address}:{sent['port']}"
