"""The five examples, their READMEs executed in a lab of namespaces (`make examples`: in guests with IPVS too)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import nameserver, runner

EXAMPLES = runner.examples()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict]]:
    """A proxy mode, and what commands need to find its lab."""
    mode = "nftables"
    if os.geteuid() != 0:
        pytest.skip("nodes need root")
    home: Path = tmp_path_factory.mktemp(mode)
    with nameserver.serving() as upstream, runner.lab(mode, home, upstream) as variables:
        yield mode, variables


@pytest.mark.root
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("examples")
@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_example(example: runner.Example, lab: tuple[str, dict]) -> None:
    mode, variables = lab
    runner.run(example, mode, variables)
