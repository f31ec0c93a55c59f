"""`lab up` and `lab down` under all circumstances: side by side, interrupted, killed; and nothing is ever left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kube import linux
from lab.config import REPOSITORY
from lab.machines import environment
from tests.e2e.cluster import Cluster, wait_for
from tests.e2e.conftest import _needs

pytestmark = [pytest.mark.xdist_group("lab-commands"), pytest.mark.timeout(300)]


def recorded(directory: Path) -> list[dict]:
    """Machines and processes that the state names; none while there is no state."""
    try:
        state = json.loads((directory / "state.json").read_text())
    except FileNotFoundError:
        return []
    return [*state["machines"].values(), *state["processes"].values()]


def alive(processes: list[dict]) -> list[dict]:
    return [one for one in processes if linux.start_time(one["pid"]) == one["start"]]


def interfaces() -> str:
    return subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout


def test_two_control_planes_side_by_side_without_root(tmp_path: Path) -> None:
    labs = [Cluster(tmp_path / name, "--nodes=0") for name in ("one", "two")]
    try:
        for lab in labs:
            lab.up()
        processes = [one for lab in labs for one in recorded(lab.directory)]
        assert len(alive(processes)) == 6  # etcd, API server and controllers of each
        for lab in labs:
            wait_for("namespaces", lambda lab=lab: len(lab.get("namespaces")["items"]) >= 4)
    finally:
        for lab in labs:
            lab.down()
    assert alive(processes) == []
    assert not any(lab.directory.exists() for lab in labs)


def test_data_can_be_kept(tmp_path: Path) -> None:
    lab = Cluster(tmp_path / "kept", "--nodes=0")
    try:
        lab.up()
        lab.kubectl("apply", "-f", "-", input="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept}\n")
        lab.lab("down", "--keep-data")
        lab.up()
        assert lab.get("configmap", "kept")["metadata"]["name"] == "kept"
    finally:
        lab.down()
    assert not lab.directory.exists()


def test_another_lab_under_the_same_name_is_refused(tmp_path: Path) -> None:
    lab = Cluster(tmp_path / "same", "--nodes=0")
    try:
        lab.up()
        done = lab.lab("up", "--nodes=2", check=False)
        assert done.returncode == 1
        assert "exists with nodes 0, not 2" in done.stderr
    finally:
        lab.down()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.root
def test_a_lab_that_was_stopped_half_way_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    _needs()
    directory, before = tmp_path / "half", interfaces()
    lab = Cluster(directory, "--nodes=1", "--driver=netns")
    argv = [sys.executable, "-m", "lab", "up", f"--data-dir={directory}", *lab.flags]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background ignores it, as would its child
    with subprocess.Popen(argv, cwd=REPOSITORY, env=environment(), stdout=subprocess.DEVNULL) as starting:
        wait_for("some machines and processes", lambda: len(recorded(directory)) > 5)
        processes = recorded(directory)
        assert interfaces() == before
        starting.send_signal(number)
        assert starting.wait(60) != 0
    if number == signal.SIGKILL:
        assert alive(processes)
        lab.down()
    wait_for("the end of all processes", lambda: not alive(processes))
    assert recorded(directory) == []
    assert interfaces() == before
    lab.down()


def test_commands_without_a_lab_say_what_to_do(tmp_path: Path) -> None:
    lab = Cluster(tmp_path / "none")
    for command in (("status",), ("exec", "node1", "--", "true"), ("kubeconfig",), ("logs", "apiserver"), ("show",)):
        done = lab.lab(*command, check=False)
        assert done.returncode == 1
        assert "start one with `lab up`" in done.stderr
    assert "there is no lab" in lab.lab("down").stdout
