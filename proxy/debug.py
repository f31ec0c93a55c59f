"""What the proxy knows of one Service, for people who look for a fault: `kubectl_lite why`, `trace` and `timeline`.

Called by `proxy.serving`, on loopback; the kubelet of the node lets the API server through to it. It calls the
dataplane's `inspect` and conntrack, in worker threads. It writes nothing anywhere.

    /debug/services/NAMESPACE/NAME     what is wanted, what the kernel holds, conntrack's flows, the last changes
    /debug/flows?address=A&port=P      conntrack's flows that A:P began, or that are answered to it
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from kube.http_server import Answer, Below
from kube.stages import Stages
from proxy.config import Config
from proxy.conntrack.flows import End, Flow, flows
from proxy.dataplane import Dataplane
from proxy.healthcheck.proxy_health import ProxyHealth
from proxy.inspected import Inspected
from proxy.model.desired import NOTHING, Backend, ServiceState
from proxy.model.objects import Key
from proxy.model.tracker import ChangeTracker
from proxy.planner import Planner

SHOWN_FLOWS = 50


class Running(Protocol):
    """What may be asked of the loop (`proxy.runner.Proxy`)."""

    config: Config
    dataplane: Dataplane
    planner: Planner
    tracker: ChangeTracker
    health: ProxyHealth
    stages: Stages
    failures: Mapping[Key | None, str]
    busy: asyncio.Lock
    """Held while the kernel is looked at."""


class Debug:
    """The endpoints, by prefix."""

    def __init__(self, proxy: Running):
        self._proxy = proxy

    @property
    def below(self) -> Mapping[str, Below]:
        return {"/debug/services/": self._service, "/debug/flows": self._flows}

    async def _service(self, rest: str, _query: Mapping[str, str]) -> Answer:
        namespace, _, name = rest.partition("/")
        proxy, key = self._proxy, (namespace, name)
        async with proxy.busy:
            state = proxy.planner.states.get(key, NOTHING)
            inspected, amiss = await _tried(lambda: proxy.dataplane.inspect(state))
        found, unread = await _tried(lambda: flows(flow_of(state)))
        body = {
            **_proxy_facts(proxy, key),
            "servers": [_server(one) for one in inspected],
            "flows": [_flow(one) for one in found[:SHOWN_FLOWS]],
            "notRead": [text for text in (amiss, unread) if text],
        }
        return Answer(json.dumps(body), content_type="application/json")

    async def _flows(self, _rest: str, query: Mapping[str, str]) -> Answer:
        if not query.get("port", "").isdigit():
            return Answer("port: a number is needed\n", 400)
        end = End(query.get("address", ""), int(query["port"]))
        found, unread = await _tried(lambda: flows(lambda flow: end in (flow.source, flow.returns_to)))
        body = {"flows": [_flow(one) for one in found[:SHOWN_FLOWS]], "notRead": [unread] if unread else []}
        return Answer(json.dumps(body), content_type="application/json")


def flow_of(state: ServiceState) -> Callable[[Flow], bool]:
    """Whether a flow went to one of the Service's virtual servers; node ports have any address."""
    wanted = {(s.identity.address, s.identity.protocol, s.identity.port) for s in state.servers}

    def is_ours(flow: Flow) -> bool:
        address, port = flow.destination
        return (address, flow.protocol, port) in wanted or ("", flow.protocol, port) in wanted

    return is_ours


async def _tried(read: Callable[[], list[Any]]) -> tuple[list[Any], str]:
    """What was read in a thread, or nothing and why."""
    try:
        return await asyncio.to_thread(read), ""
    except (OSError, RuntimeError) as error:
        return [], str(error)


def _proxy_facts(proxy: Running, key: Key) -> dict[str, Any]:
    return {
        "node": proxy.config.node_name,
        "mode": proxy.dataplane.mode,
        "nodePortAddresses": proxy.config.node_port_prefixes(()),
        "now": proxy.stages.now(),
        **proxy.health.facts(),
        "pending": proxy.tracker.pending,
        "failure": proxy.failures.get(key) or proxy.failures.get(None) or "",
        "stages": proxy.stages.shown(key),
    }


def _server(one: Inspected) -> dict[str, Any]:
    server = one.server
    return {
        "address": server.identity.address, "protocol": server.identity.protocol, "port": server.identity.port,
        "reach": str(server.reach), "portName": server.name,
        "endpoints": _backends(server.endpoints),
        "outside": None if server.outside is None else _backends(server.outside),
        "refuse": server.refuse, "rules": list(one.rules), "problems": list(one.problems),
    }  # fmt: skip


def _backends(backends: Sequence[Backend]) -> list[str]:
    return [str(End(b.address, b.port)) for b in backends]


def _flow(flow: Flow) -> dict[str, Any]:
    return {
        "protocol": flow.protocol, "source": str(flow.source), "destination": str(flow.destination),
        "answerer": str(flow.answerer), "returnsTo": str(flow.returns_to), "answered": flow.answered,
        "seconds": flow.seconds,
    }  # fmt: skip
