"""The five examples, their READMEs executed in the lab of each proxy mode (`make examples`: in labs of their own)."""

from __future__ import annotations

import pytest

from examples import runner
from tests.e2e.cluster import Cluster, wait_for

EXAMPLES = runner.examples()


@pytest.mark.root
@pytest.mark.timeout(600)
@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_example(example: runner.Example, either: Cluster) -> None:
    where = {"KUBE_LITE_HOME": str(either.directory.parent), "LAB_NAME": either.directory.name}
    try:
        runner.run(example, either.mode, where | {"KUBECONFIG": str(either.kubeconfig)})
    finally:
        either.kubectl("delete", "-f", "examples/deployment.yaml", "--ignore-not-found", "--wait=false")
        wait_for("no pods", lambda: not either.get("pods")["items"], 120)
