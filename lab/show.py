"""`lab show`, the end of `make up`: a Deployment and its Service, from the objects down to answered packets.

Called by `lab.__main__`. It calls kubectl_lite for what the API says, the node's own tools for what its kernel has,
and curl on a node and in a pod for what comes back.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from lab.config import Layout
from lab.errors import LabError
from lab.execute import resolve
from lab.machines import environment
from lab.state import State

REQUESTS = 6


def show(state: State, layout: Layout, deployment: str, service: str, seconds: float = 30) -> int:
    """Waits until the Deployment is available, then shows it. Raises LabError when it is not in time."""
    viewer = _Viewer(state, layout)
    viewer.wait_available(deployment, seconds)
    selector = viewer.kubectl_text("get", "service", service, "-o", "jsonpath={.spec.selector}")
    label = viewer.one_label(selector)
    viewer.kubectl("get", "deployment", deployment)
    viewer.kubectl("get", "pods", "-l", label, "-o", "wide")
    viewer.kubectl("get", "service", service)
    viewer.kubectl("get", "endpointslices", "-l", f"kubernetes.io/service-name={service}")
    address = viewer.kubectl_text("get", "service", service, "-o", "jsonpath={.spec.clusterIP}")
    if not state.config.nodes:
        return 0
    viewer.table("node1", address)
    pods = viewer.kubectl_text("get", "pods", "-l", label, "-o", "jsonpath={.items[*].metadata.name}").split()
    answers = viewer.requests("node1", address) | viewer.requests(pods[0], address)
    print(f"\n{len(answers)} of {len(pods)} pods answered")
    return 0 if len(answers) == len(pods) else 1


class _Viewer:
    def __init__(self, state: State, layout: Layout):
        self.state, self.layout = state, layout

    def _argv(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "kubectl_lite", "--kubeconfig", str(self.layout.admin_kubeconfig), *words]

    def kubectl(self, *words: str) -> None:
        print(f"\n$ kubectl_lite {' '.join(words)}", flush=True)
        subprocess.run(self._argv(words), env=environment(), check=False)

    def kubectl_text(self, *words: str) -> str:
        done = subprocess.run(self._argv(words), env=environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(done.stderr.strip())
        return done.stdout.strip()

    def wait_available(self, deployment: str, seconds: float) -> None:
        path = "jsonpath={.status.availableReplicas}/{.spec.replicas}"
        deadline = time.monotonic() + seconds
        while True:
            available, _, wanted = self.kubectl_text("get", "deployment", deployment, "-o", path).partition("/")
            if available and available == wanted:
                return
            if time.monotonic() > deadline:
                raise LabError(
                    f"deployment {deployment}: {available or 0} of {wanted} replicas available after {seconds:g} s",
                    hint="see `kubectl_lite get events` and `lab logs controllers`",
                )
            time.sleep(0.2)

    def one_label(self, selector: str) -> str:
        import json

        return ",".join(f"{key}={value}" for key, value in json.loads(selector).items())

    def table(self, node: str, address: str) -> None:
        """The node's load-balancing table, in the words of its kernel's own tool."""
        argv = ["ipvsadm", "-Ln"] if self.state.config.proxy_mode == "ipvs" else ["nft", "list", "ruleset"]
        print(f"\n$ lab exec {node} -- {' '.join(argv)}", flush=True)
        text = self.run(node, argv).stdout
        print(text if len(text.splitlines()) <= 60 else excerpt(text, address))

    def requests(self, target: str, address: str) -> set[str]:
        print(f"\n$ lab exec {target} -- curl -s http://{address}/    # {REQUESTS} times")
        script = f"for i in $(seq {REQUESTS}); do curl -s --max-time 5 http://{address}/; done"
        lines = [line for line in self.run(target, ["sh", "-c", script]).stdout.splitlines() if line]
        print("\n".join(lines), flush=True)
        return set(lines)

    def run(self, target: str, argv: list[str]) -> subprocess.CompletedProcess[str]:
        machine, command = resolve(self.state, self.layout, target, argv)
        return machine.run(command)


def excerpt(text: str, address: str, context: int = 1) -> str:
    """The lines of a long ruleset that name the Service's address or its chains, and a note of what was left out."""
    lines = text.splitlines()
    near: Callable[[int], bool] = lambda i: any(  # noqa: E731
        address in line or "myapp" in line for line in lines[max(0, i - context) : i + context + 1]
    )
    kept = [line for i, line in enumerate(lines) if near(i)]
    return "\n".join([*kept, f"... {len(lines) - len(kept)} other lines"])
