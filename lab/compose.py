"""The parts of `docker-compose.yml`: `python -m lab.compose identities | apiserver | controllers | node NAME`.

Called in containers, one part each. It turns itself into the command line that `lab.components` has for that part,
with the lab's own addresses, which the compose file's network has too. A node runs kubelet and proxy, and ends with
either.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from lab import components, identities
from lab.config import API_PORT, LabConfig, Layout
from lab.machines import environment

LAYOUT = Layout(Path(os.environ.get("LAB_DIRECTORY", "/lab")))
CONFIG = LabConfig("compose", str(LAYOUT.root), proxy_mode=os.environ.get("PROXY_MODE", "auto"))
ETCD_SERVERS = os.environ.get("ETCD_SERVERS", "http://etcd:2379")


def api_server_argv() -> list[str]:
    """The lab's command line, with compose's etcd and without an inherited socket."""
    argv = components.api_server(CONFIG, LAYOUT, [0, 0], API_PORT).argv
    kept = [word for word in argv if not word.startswith(("--etcd-servers=", "--listen-fd="))]
    return [*kept, f"--etcd-servers={ETCD_SERVERS}"]


def node(name: str) -> int:
    """Kubelet and proxy; returns when one of them has ended, or at SIGTERM."""
    Path("/run/netns").mkdir(parents=True, exist_ok=True)
    parts = [components.kubelet(CONFIG, LAYOUT, name, "/var/lib/kubelet"), components.proxy(CONFIG, LAYOUT, name)]
    running = [subprocess.Popen(part.argv, env=environment()) for part in parts]
    signal.signal(signal.SIGTERM, lambda *_: [process.terminate() for process in running])
    ended, _ = os.wait()
    for process in running:
        if process.pid != ended:
            process.terminate()
            process.wait()
    return 1


def main(argv: list[str]) -> int:
    match argv:
        case ["identities"]:
            identities.create(CONFIG, LAYOUT, API_PORT)
            print(f"certificates and kubeconfigs are in {LAYOUT.root}")
            return 0
        case ["apiserver"]:
            os.execve(sys.executable, api_server_argv(), environment())
        case ["controllers"]:
            os.execve(sys.executable, list(components.controllers(CONFIG, LAYOUT).argv), environment())
        case ["node", name] if name in CONFIG.node_names:
            return node(name)
    print(__doc__.splitlines()[0], file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
