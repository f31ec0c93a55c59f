"""`lab exec NODE|POD|client -- CMD`: runs a command on a machine or in a pod, even with the control plane down.

Called by `lab.__main__`, `lab.show` and tests. A pod is found in its kubelet's own records on the node, not through
the API server. It calls `lab.fleet`, and the process runtime's `enter` on the pod's node.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from lab.config import Layout
from lab.errors import LabError
from lab.fleet import Fleet
from lab.machines import Machine
from lab.state import State


def resolve(state: State, layout: Layout, target: str, command: Sequence[str]) -> tuple[Machine, list[str]]:
    """The machine to run on and the command line there. `target` is a machine, `POD` or `NAMESPACE/POD`.

    Raises LabError when there is no such thing.
    """
    fleet = Fleet(state, layout)
    if target in fleet.names:
        return fleet.machine(target), list(command)
    namespace, _, pod = target.rpartition("/")
    for node in state.config.node_names:
        root = kubelet_root(state, layout, node)
        if fleet.is_alive(node) and _has_pod(fleet.machine(node), root, namespace or "default", pod, state):
            enter = [sys.executable, "-m", "kubelet.runtime.process.enter", f"--root-dir={root}"]
            return fleet.machine(node), [*enter, f"{namespace or 'default'}/{pod}", "--", *command]
    raise LabError(
        f"neither a machine nor a running pod: {target}", hint=f"machines: {', '.join(fleet.names)}; pods: `lab status`"
    )


def kubelet_root(state: State, layout: Layout, node: str) -> str:
    """Where that node's kubelet keeps its records, as the node sees it: a guest keeps them in its memory."""
    return "/var/lib/kubelet" if state.config.driver == "uml" else str(layout.machine(node) / "kubelet")


def _has_pod(machine: Machine, root: str, namespace: str, pod: str, state: State) -> bool:
    record = f"{root}/by-name/{namespace}_{pod}"
    if state.config.driver != "uml":
        return Path(record).exists()
    return machine.run(["test", "-e", record]).returncode == 0
