"""Which endpoints a client may reach: the table of `proxy.model.topology`."""

from __future__ import annotations

import pytest

from proxy.model.objects import EndpointInfo, NodeInfo
from proxy.model.topology import categorize

NODE = NodeInfo("node1", "a")


def e(name: str, state: str = "ready", node: str = "node2", zones: str = "", nodes: str = "") -> EndpointInfo:
    ready, serving, terminating = {
        "ready": (True, True, False),
        "unready": (False, False, False),
        "serving": (False, True, True),
        "ending": (False, False, True),
    }[state]
    return EndpointInfo(name, ready, serving, terminating, node, tuple(zones.split()), tuple(nodes.split()))


CASES = [
    ("ready ones", [e("1"), e("2", node="node1")], "1 2", "2"),
    ("not the unready", [e("1"), e("2", "unready", "node1")], "1", ""),
    ("not the terminating while others are ready", [e("1"), e("2", "serving", "node1")], "1", "2"),
    ("the serving when none is ready", [e("1", "serving"), e("2", "serving", "node1"), e("3", "ending")], "1 2", "2"),
    ("nobody", [e("1", "ending"), e("2", "unready")], "", ""),
    ("hints for this zone", [e("1", zones="a"), e("2", zones="b"), e("3", zones="a b")], "1 3", ""),
    ("hints for zones without this one", [e("1", zones="b"), e("2", zones="c")], "1 2", ""),
    ("hints on some only", [e("1", zones="a"), e("2")], "1 2", ""),
    ("hints for this node", [e("1", zones="a", nodes="node1"), e("2", zones="a", nodes="node2")], "1", ""),
    (
        "hints for other nodes, then the zone",
        [e("1", zones="a", nodes="node2"), e("2", zones="b", nodes="node3")],
        "1",
        "",
    ),
    ("hints do not hold for the unready", [e("1", "unready"), e("2", zones="a"), e("3", zones="b")], "2", ""),
    ("local ones whatever the hints say", [e("1", node="node1", zones="b"), e("2", zones="a")], "2", "1"),
]


@pytest.mark.parametrize("name, endpoints, cluster, local", CASES, ids=[c[0] for c in CASES])
def test_categorize(name: str, endpoints: list[EndpointInfo], cluster: str, local: str):
    found = categorize(endpoints, NODE)
    assert [x.address for x in found.cluster] == cluster.split()
    assert [x.address for x in found.local] == local.split()
    assert found.any == bool(cluster or local)
