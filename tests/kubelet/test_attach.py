"""Input and terminals of containers: the guarantees of `kubelet.runtime.process.streams`, with real containers."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pytest

from lab.config import REPOSITORY
from lab.machines import Namespaces, end

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
    pytest.mark.xdist_group("attach"),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each scenario saw."""
    directory = tmp_path_factory.mktemp("attach")
    machine = Namespaces.create("node", directory / "machine", {"node": ["192.168.77.11"]})
    try:
        machine.network_batch(["link set lo up"])
        argv = [sys.executable, "-m", "tests.kubelet.attach_scenarios", str(directory / "kubelet")]
        done = machine.run(["sh", "-c", 'cd "$0" && exec "$@"', str(REPOSITORY), *argv])
    finally:
        end(machine.pid, 9)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_guarantee_1_everybody_sees_the_same(seen: Any) -> None:
    """And `stdinOnce` ends the container's input with that of the first."""
    all_of_it = "hello you\nand\nmore"
    one, two, log = seen["once"]["said"]
    assert (one, two, sorted(log)) == (all_of_it, all_of_it, ["and", "hello you", "more", "name? "])
    assert seen["once"]["exit"] == 4


def test_input_that_was_not_asked_for_goes_nowhere(seen: Any) -> None:
    assert seen["without_input"] == {"said": "end\n", "exit": 0}


def test_guarantee_2_slow_sides_wait_for_one_another(seen: Any) -> None:
    assert seen["slow"] == {"waited": True, "bytes": 4 << 20, "exit": 0}


def test_guarantee_3_input_outlives_callers_and_the_kubelet(seen: Any) -> None:
    assert seen["kept_open"] == {"left": "got one\n", "said": "got half word\ngot last\n", "exit": 6}


def test_a_container_on_a_terminal(seen: Any) -> None:
    terminal = dict(seen["terminal"])
    assert terminal.pop("lines")[-5:] == ["/dev/pts/0", "31 101", "xterm", "wrong", "done"]
    assert terminal == {"errors": "", "again": True, "log": ["/dev/pts/0", "wrong"], "exit": 8}


def test_the_processes_of_a_target(seen: Any) -> None:
    assert seen["target"] == {
        "sees": ["sleep 1000"], "exit": 0, "left": [], "late": 'container not found ("app")',
    }  # fmt: skip
