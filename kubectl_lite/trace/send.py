"""Sends the request from where it is to start, then asks the nodes on its way what they did with that very flow.

Called by `kubectl_lite.commands.trace`. It calls `target`, `kubectl_lite.debugging`, and `kube.one_request` when this
machine is the client. It leaves out what the answers mean (`hops`). The flow is found by its source port in conntrack,
first where it began, then where the translated packet came to.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from kube import one_request
from kubectl_lite.debugging import Json, ask, ask_flows, ask_proxy, request_from
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session
from kubectl_lite.trace.places import Goal, Origin, end_of
from kubectl_lite.trace.target import Target, find_target, meant

MOST_LEGS = 4


@dataclass
class Trace:
    """All that was learned of one request."""

    origin: Origin
    goal: Goal
    target: Target = field(default_factory=Target)
    sender: Json | None = None
    """The pod that asked."""
    sent: Json = field(default_factory=dict)
    """What `kube.one_request` says."""
    legs: list[tuple[str, Json]] = field(default_factory=list)
    """(node, conntrack's entry), in the order in which the packet came by."""
    entry: str = ""
    """The node that translated the virtual address, or should have."""
    server: Json | None = None
    mode: str = ""
    pod: Json | None = None
    """The endpoint's pod."""
    notes: list[str] = field(default_factory=list)

    @property
    def service(self) -> Json | None:
        return self.target.service

    @property
    def flow(self) -> Json | None:
        """The entry that gave the packet another destination; else the first."""
        translated = (flow for _, flow in self.legs if flow["answerer"] != flow["destination"])
        return next(translated, self.legs[0][1] if self.legs else None)

    @property
    def endpoint(self) -> str:
        """`ADDRESS:PORT` of who was to answer."""
        return self.legs[-1][1]["answerer"] if self.legs else end_of(self.sent)


async def send(session: Session, origin: Origin, goal: Goal, path: str, family: str = "") -> Trace:
    """Raises CommandError for a place that does not exist, StatusError."""
    trace = Trace(origin, goal)
    nodes = (await session.get("/api/v1/nodes")).get("items") or []
    trace.sender = await _sender(session, origin, nodes)
    trace.target = target = await find_target(session, origin, goal, nodes, family)
    asked = {"host": target.host, "port": target.number, "protocol": target.protocol, "path": path, "family": family}
    trace.sent = await _request(session, trace, asked)
    if trace.sent.get("address"):
        await _unalias(session, trace)
        await _follow(session, trace, nodes)
    return trace


async def _sender(session: Session, origin: Origin, nodes: list[Json]) -> Json | None:
    """The pod that is to ask. Raises CommandError for a pod that runs nowhere, or a node that is unknown."""
    if origin.kind == "node" and origin.name not in [node["metadata"]["name"] for node in nodes]:
        raise CommandError(f"there is no node {origin.name}: kubectl_lite get nodes")
    if origin.kind != "pod":
        return None
    pod = await session.get(f"/api/v1/namespaces/{session.namespace}/pods/{origin.name}")
    if not pod["spec"].get("nodeName"):
        raise CommandError(f"pod {origin.name} is on no node yet: kubectl_lite describe pod {origin.name}")
    return pod


async def _request(session: Session, trace: Trace, asked: Json) -> Json:
    if trace.origin.kind == "client":
        return await asyncio.to_thread(one_request.request, asked)
    pod = trace.sender
    where = pod["spec"]["nodeName"] if pod else trace.origin.name
    place = (pod["metadata"]["namespace"], pod["metadata"]["name"]) if pod else None
    said = await request_from(session, where, place, **asked)
    if said.answer is None:
        raise CommandError(f"could not send from {trace.origin}: {said.error}")
    return said.answer


# ---- afterwards ----


async def _unalias(session: Session, trace: Trace) -> None:
    """The Service for which an alias stands."""
    if trace.service and trace.service["spec"].get("type") == "ExternalName":
        found, port = await meant(session, trace.sent["address"], trace.sent["port"], trace.target.protocol)
        if found:
            trace.target.service, trace.target.port = found, port


async def _follow(session: Session, trace: Trace, nodes: list[Json]) -> None:
    """The flow on each node that it came by, the rules of the one that translated it, and the pod at its end."""
    names = [node["metadata"]["name"] for node in nodes]
    first = trace.sender["spec"]["nodeName"] if trace.sender else trace.origin.name
    holder = next((node["metadata"]["name"] for node in nodes if trace.sent["address"] in _addresses(node)), "")
    asked = [name for name in dict.fromkeys((first, holder)) if name]
    if trace.sent.get("source"):
        await _chase(session, trace, asked if first else names)
    trace.entry = next((node for node, flow in trace.legs if flow is trace.flow), holder or first)
    if trace.service and trace.entry:
        meta = trace.service["metadata"]
        said = await ask_proxy(session, trace.entry, meta["namespace"], meta["name"])
        _take_rules(trace, said.answer, said.error)
    await _arrive(session, trace)
    if not trace.legs and not trace.sent.get("error"):
        where = " and ".join(asked) if first else "any node"
        why = "nothing translated it, or no proxy could be asked"
        if trace.origin.kind == "client" and not holder:
            why = "it did not come to one, or a load balancer made a connection of its own"
        trace.notes.append(f"no conntrack entry of this flow on {where}: {why}")


async def _chase(session: Session, trace: Trace, nodes: list[str]) -> None:
    """Adds the flow's entries on those nodes, each found by what the one before made of the packet."""
    source, destination = trace.sent["source"], end_of(trace.sent)
    left = list(nodes)
    while left and len(trace.legs) < MOST_LEGS:
        told = await asyncio.gather(*(ask_flows(session, node, source) for node in left))
        found = [(node, flow) for node, flows in zip(left, told, strict=True) for flow in flows
                 if (flow["source"], flow["destination"]) == (source, destination)]  # fmt: skip
        if not found:
            return
        trace.legs.append(found[0])
        left.remove(found[0][0])
        source, destination = found[0][1]["returnsTo"], found[0][1]["answerer"]


async def _arrive(session: Session, trace: Trace) -> None:
    """The pod at the flow's end, and the entry on its node."""
    trace.pod = await _pod_at(session, trace, trace.endpoint.rpartition(":")[0].strip("[]"))
    there = ((trace.pod or {}).get("spec") or {}).get("nodeName", "")
    if trace.legs and there and there not in [node for node, _ in trace.legs]:
        last = trace.legs[-1][1]
        found = await ask_flows(session, there, last["returnsTo"])
        arrived = next((flow for flow in found if last["answerer"] in (flow["destination"], flow["answerer"])), None)
        trace.legs += [(there, arrived)] if arrived else []


def _take_rules(trace: Trace, answer: Any, error: str) -> None:
    if answer is None:
        trace.notes.append(f"could not ask the proxy of {trace.entry}: {error}")
        return
    trace.mode = answer["mode"]
    address, port, protocol = trace.sent["address"], trace.sent["port"], trace.sent["protocol"]
    for server in answer["servers"]:
        if (server["port"], server["protocol"]) == (port, protocol) and server["address"] in (address, ""):
            trace.server = server


async def _pod_at(session: Session, trace: Trace, address: str) -> Json | None:
    """The pod of that address; of several in a node's network, the Service's."""
    query = {} if ":" in address else {"fieldSelector": f"status.podIP={address}"}
    said = await ask(session, "/api/v1/pods", **query)
    found = [pod for pod in (said.answer or {}).get("items") or ()
             if address in [one["ip"] for one in (pod.get("status") or {}).get("podIPs") or ()]]  # fmt: skip
    selector = (trace.service or {"spec": {}})["spec"].get("selector") or {}
    meant = [pod for pod in found if selector.items() <= (pod["metadata"].get("labels") or {}).items()]
    if found and found[0]["spec"].get("hostNetwork") and not trace.service:
        return None
    return next(iter(meant or found), None)


def _addresses(node: Json) -> list[str]:
    return [one["address"] for one in (node.get("status") or {}).get("addresses") or ()]
