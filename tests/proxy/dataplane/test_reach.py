"""Who answers whom, with which source address: clients x kinds of address x policies x states of endpoints.

Each row is checked with real packets, and by tracing a virtual packet through the planned state (see test_trace.py).
The matrix goes over UDP, SCTP and IPv6 too.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.proxy.dataplane.cases import ALL
from tests.proxy.dataplane.matrix import MATRIX
from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.vocabulary import Case, Expectation, over, over_ipv6
from tests.proxy.dataplane.world import World

pytestmark = pytest.mark.root


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_packets(node: Node, mode: str, case: Case):
    _check(node, mode, case)


@pytest.mark.parametrize("case", MATRIX, ids=lambda case: case.name)
def test_packets_over_udp(node: Node, mode: str, case: Case):
    _check(node, mode, over(case, "UDP"), "UDP")


@pytest.mark.parametrize("case", MATRIX, ids=lambda case: case.name)
@pytest.mark.usefixtures("sctp")
def test_packets_over_sctp(node: Node, mode: str, case: Case):
    _check(node, mode, over(case, "SCTP"), "SCTP")


@pytest.mark.parametrize("case", MATRIX, ids=lambda case: case.name)
def test_packets_over_ipv6(node: Node, mode: str, case: Case):
    _check(node, mode, over_ipv6(case))


@pytest.fixture
def sctp(world: World) -> None:
    if not world.has_sctp:
        pytest.skip("this kernel has no SCTP")


def _check(node: Node, mode: str, case: Case, protocol: str = "TCP") -> None:
    """The clients ask side by side, so that waiting for what is dropped costs little."""
    node.set(*case.objects)
    with ThreadPoolExecutor(len(case.expectations)) as asking:
        answers = asking.map(partial(_seen, node, mode, protocol), case.expectations)
        for expectation, seen in zip(case.expectations, answers, strict=True):
            assert seen == expectation.of(mode), expectation


def _seen(node: Node, mode: str, protocol: str, expectation: Expectation) -> set[str]:
    """The answers, until all that are expected have come."""
    seen, wanted = set(), expectation.of(mode)
    timeout = 0.4 if wanted == {"dropped"} else 10.0  # an answer may be slow to come where the machine is busy
    for _ in range(30):
        seen.add(node.world.ask(*expectation[:3], protocol, timeout))
        if seen >= wanted or wanted == {"dropped"}:
            break
    return seen
