"""One line for what every node does."""

from __future__ import annotations

from kubectl_lite.timeline.join import Change
from kubectl_lite.timeline.show import lines, title


def change(nodes: int) -> Change:
    made = Change(["Pod web-1 (revision 7)"])
    made.add(1.0, "Pod web-1 stored", "API server")
    for number in range(1, nodes + 1):
        node = f"node{number}"
        made.add(1.001 + number / 1000, f"seen by the proxy of {node}", node, node)
    for number in range(1, nodes + 1):
        node = f"node{number}"
        made.add(1.1 + number / 1000, f"in the kernel of {node} (ipvs)", node, node)
    made.stages.sort(key=lambda stage: stage.at)
    return made


def test_nodes_share_a_line() -> None:
    assert [f"{line.ms:.1f} {line.text}" for line in lines(change(2))] == [
        "0.0 Pod web-1 stored",
        "2.0 seen by the proxies: node1 2.0, node2 3.0",
        "101.0 in the kernels (ipvs): node1 101.0, node2 102.0",
    ]
    assert title(change(2)) == "Pod web-1 (revision 7): in every kernel after 102 ms"


def test_of_many_nodes_the_first_and_the_last_are_named() -> None:
    assert lines(change(50))[-1].text == "in the kernels (ipvs): 50 nodes, first node1, last node50 150.0"


def test_a_second_round_is_a_line_of_its_own() -> None:
    twice = change(1)
    twice.add(1.2, "seen by the proxy of node1", "node1", "node1")
    assert [line.text for line in lines(twice)][-1] == "seen by the proxies: node1 200.0"
