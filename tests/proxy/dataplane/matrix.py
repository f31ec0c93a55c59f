"""The matrix: who asks x which kind of address x traffic policies x what endpoints there are, and what must come of it.

Its cells are cases as those written out in `cases.py`, and are used as they are: with real packets, and by tracing a
virtual packet through the planned state. `expected` says in a few lines what all of the proxy's rules amount to.
It leaves out a pod on node2 that is sent back to node2 with its own address: node2's proxy would have done that.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.proxy.dataplane.vocabulary import (
    BRIDGE,
    FRONTS,
    LAN,
    OUTSIDE,
    POD2,
    POD3,
    VIP,
    Case,
    Expectation,
    full,
    not_ready,
    terminating,
)
from tests.proxy.objects import endpoint_slice

CLIENTS = {"pod1": "10.244.1.2", "pod3": "10.244.2.2", "node1": "", "outside": OUTSIDE}

STATES: dict[str, list[dict[str, Any]]] = {
    "one here, one elsewhere": [POD2, POD3],
    "one here": [POD2],
    "one elsewhere": [POD3],
    "none": [],
    "none that is ready": [not_ready(POD2), not_ready(POD3)],
    "only terminating ones": [terminating(POD2), terminating(POD3)],
    "terminating here, ready elsewhere": [terminating(POD2), POD3],
    "ready here, terminating elsewhere": [POD2, terminating(POD3)],
    "terminating here and no more serving, ready elsewhere": [terminating(POD2, serving=False), POD3],
}


def expected(client: str, address: str, local: bool, pods: list[dict[str, Any]], kept_here: bool) -> set[str]:
    """The answers that are possible. `kept_here`: IPVS, where one virtual server has one set of destinations."""
    everywhere, here = _usable(pods), _usable([pod for pod in pods if pod["nodeName"] == "node1"])
    chosen = everywhere
    if local and (address == VIP or client == "outside"):
        chosen = here
    elif local and kept_here:
        chosen = here or everywhere
    if not chosen:
        return {"dropped" if everywhere else "refused"}
    return {f"{pod} {_seen(pod, client, address, local)}" for pod in chosen}


def _usable(pods: list[dict[str, Any]]) -> list[str]:
    """Ready ones; where there are none, those that terminate and still serve."""
    names = {"10.244.1.3": "pod2", "10.244.2.2": "pod3"}
    serving = [p for p in pods if p["conditions"].get("terminating") and p["conditions"].get("serving")]
    ready = [p for p in pods if p["conditions"]["ready"]]
    return [names[pod["addresses"][0]] for pod in ready or serving]


def _seen(pod: str, client: str, address: str, local: bool) -> str:
    """The source address that the pod sees: the client's own, or the node's where it is masqueraded."""
    keeps = client.startswith("pod") if address == VIP else local and client != "node1"
    return CLIENTS[client] if keeps else BRIDGE if pod == "pod2" else LAN


def _expectations(local: bool, pods: list[dict[str, Any]]) -> Iterator[Expectation]:
    for client, (address, port) in product(CLIENTS, FRONTS):
        answers, by_ipvs = (expected(client, address, local, pods, kept_here) for kept_here in (False, True))
        if client == "pod3" and "pod3 10.244.2.2" in answers | by_ipvs:
            continue
        yield Expectation(client, address, port, answers, by_ipvs)


def _case(policy: str, state: str) -> Case:
    service = full(externalTrafficPolicy=policy, internalTrafficPolicy=policy)
    pods = STATES[state]
    expectations = tuple(_expectations(policy == "Local", pods))
    return Case(f"{policy}: {state}", (service, endpoint_slice("myapp", pods)), expectations)


MATRIX = [_case(policy, state) for policy, state in product(("Cluster", "Local"), STATES)]
