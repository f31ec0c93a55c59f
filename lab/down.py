"""`lab down`: ends what the lab's state records and removes its files. Nothing is left, whatever happened before.

Called by `lab.__main__`, by `lab.up` after a failure, and by tests. Processes on this machine are ended by id and
start time; everything else goes with the PID 1 of the machine it lives on.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from contextlib import suppress

from lab.config import Layout
from lab.fleet import Fleet
from lab.machines import Local, end
from lab.state import State, locked


def down(layout: Layout, *, keep_data: bool = False, say: Callable[[str], object] = print) -> bool:
    """Returns whether there was a lab. `keep_data` leaves etcd's data, keys and logs for the next `up`."""
    if not layout.root.exists():
        return False
    with locked(layout):
        state = State.load(layout)
        if state is not None:
            remove(state, layout, keep_data=keep_data, say=say)
        _remove_if_empty(layout)
    return state is not None


def remove(
    state: State, layout: Layout, *, keep_data: bool, say: Callable[[str], object] = lambda _text: None
) -> None:
    """Ends processes and machines, then deletes the files."""
    local = Local()
    mine = {"": True, "control-plane": not state.config.nodes}
    # In the reverse order of starting: the control plane stays until the nodes have said good-bye.
    for name, process in reversed(state.processes.items()):
        if mine.get(process.machine) and local.start_time(process.pid) == process.start:
            say(f"ending {name}")
            end(process.pid, signal.SIGTERM)
    if state.config.nodes:
        _flush_etcd(state, layout, keep_data)
        Fleet(state, layout).destroy(say)
    state.processes.clear()
    layout.state.unlink(missing_ok=True)
    doomed = [layout.root / "machines"] if keep_data else [
        layout.root / "machines", layout.etcd, layout.logs, layout.pki, layout.root / "kubeconfig"]  # fmt: skip
    for directory in doomed:
        shutil.rmtree(directory, ignore_errors=True)
    if not keep_data:
        layout.admin_kubeconfig.unlink(missing_ok=True)


def _flush_etcd(state: State, layout: Layout, keep_data: bool) -> None:
    """Data that will be used again are closed properly; otherwise nobody minds a SIGKILL."""
    fleet = Fleet(state, layout)
    if keep_data and fleet.is_alive("control-plane"):
        for name, process in reversed(state.processes.items()):
            if name.startswith("etcd") and fleet.control.start_time(process.pid) == process.start:
                end(process.pid, signal.SIGTERM)


def _remove_if_empty(layout: Layout) -> None:
    """While the lock is held: who waits for it looks whether it is still there."""
    layout.lock.unlink(missing_ok=True)
    with suppress(OSError):
        layout.root.rmdir()
