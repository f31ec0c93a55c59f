"""Who answers whom, with which source address: clients x kinds of address x policies x states of endpoints.

Each row is checked with real packets, and by tracing a virtual packet through the planned state (see test_trace.py).
"""

from __future__ import annotations

import pytest

from tests.proxy.dataplane.cases import CASES, Case
from tests.proxy.dataplane.node import Node

pytestmark = pytest.mark.root


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_packets(node: Node, case: Case):
    node.set(*case.objects)
    for expectation in case.expectations:
        seen = set()
        for _ in range(30):
            seen.add(node.world.ask(expectation.client, expectation.address, expectation.port, timeout=0.4))
            if seen >= expectation.answers or expectation.answers == {"dropped"}:
                break
        assert seen == expectation.answers, expectation
