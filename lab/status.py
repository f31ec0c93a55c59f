"""`lab status`: the lab's machines, processes and ways in, as text.

Called by `lab.__main__`. It reads the lab's state and asks each machine for its processes; it asks nothing of
Kubernetes.
"""

from __future__ import annotations

from collections.abc import Callable

from lab.config import Layout
from lab.fleet import Fleet
from lab.processes import Processes
from lab.state import State


def report(state: State, layout: Layout, say: Callable[[str], object] = print) -> bool:
    """Says what runs; returns whether all of it does."""
    config, fleet = state.config, Fleet(state, layout)
    processes = Processes(state, layout, fleet)
    size = f"{config.nodes} nodes, driver {config.driver}, proxy mode {config.proxy_mode}"
    say(f"lab {config.name}: {size if config.nodes else 'no nodes'}")
    say(f"kubeconfig: {layout.admin_kubeconfig} (https://127.0.0.1:{state.host_port})")
    well = True
    for name in state.machines:
        alive = fleet.is_alive(name)
        well &= alive
        say(f"  {name:<24} {', '.join(config.addresses(name)):<34} {'up' if alive else 'DOWN'}")
    for name, process in state.processes.items():
        alive = processes.is_alive(name)
        well &= alive
        say(f"  {name:<24} {'pid ' + str(process.pid):<34} {'running' if alive else 'DEAD'}")
    return well
