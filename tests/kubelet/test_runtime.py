"""The process runtime with real namespaces, real links and the real nginx."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.config import REPOSITORY

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]

Scenario = Callable[[str], dict]


@pytest.fixture
def scenario(tmp_path: Path, make_machine) -> Scenario:
    """Runs a scenario in a machine of its own and returns what it printed."""
    machine = make_machine("node")

    def run(name: str) -> dict:
        argv = [sys.executable, "-m", "tests.kubelet.scenarios", name, str(tmp_path / "kubelet")]
        done = machine.run(["sh", "-c", 'cd "$0" && exec "$@"', str(REPOSITORY), *argv])
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_nginx(scenario: Scenario) -> None:
    seen = scenario("nginx")
    assert seen["pages"] == ["web on n1\n", "of the volume\n"]
    assert seen["across"] == "of the volume\n"
    assert seen["changed"] == ["changed\n", "of the volume\n"]
    assert seen["exit"] == 0


def test_what_a_container_sees(scenario: Scenario) -> None:
    seen = scenario("world")
    assert seen["log"] == [
        "web", "nameserver 10.96.0.10", "1", "10.244.1.2/32", "/home:", "", "/root:", "from the volume", "value", "x",
    ]  # fmt: skip
    assert (seen["exit"], seen["reason"], seen["leaked"]) == (7, "Error", False)


def test_what_cannot_run_says_why(scenario: Scenario) -> None:
    seen = scenario("failures")
    assert seen["unknown"][0] == "ErrImagePull"
    assert "quay.io/nobody/nothing:latest" in seen["unknown"][1]
    assert seen["name"][0] == "InvalidImageName"
    assert seen["command"] == ["RunContainerError", 'exec: "no-such-program": executable file not found in $PATH']


def test_a_restarted_runtime_adopts_its_containers(scenario: Scenario) -> None:
    seen = scenario("restart")
    assert seen["states"] == {"short": ["exited", 5], "long": ["running", 0]}
    assert seen["long"] == 9
    assert seen["left"] == [[], []]


def test_a_container_does_not_outlive_its_shim(scenario: Scenario) -> None:
    assert scenario("killed_shim") == {"exit": 137, "reason": "ContainerStatusUnknown"}


def test_a_terminal_has_a_name_in_the_container(scenario: Scenario) -> None:
    assert scenario("terminal") == {"code": 0, "tty": "/dev/pts/0"}
