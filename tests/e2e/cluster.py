"""A lab for end-to-end tests: brought up, asked, broken and brought down through the same commands that people use."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.config import REPOSITORY
from lab.machines import environment

EXAMPLES = (REPOSITORY / "examples/deployment.yaml", REPOSITORY / "examples/service.yaml")


def wait_for(what: str, condition: Callable[[], Any], seconds: float = 60) -> Any:
    """The condition's first true value. Raises AssertionError with its last value when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s; last seen: {value!r}"
        time.sleep(0.1)
    return value


class Cluster:
    """One lab in a directory of its own."""

    def __init__(self, directory: Path, *flags: str):
        self.directory, self.flags = directory, flags
        self.kubeconfig = directory / "admin.kubeconfig"

    def lab(self, *words: str, check: bool = True, input: str | None = None) -> subprocess.CompletedProcess[str]:
        command, *rest = words
        argv = [sys.executable, "-m", "lab", command, f"--data-dir={self.directory}", *rest]
        return self._run(argv, check, input)

    def kubectl(self, *words: str, check: bool = True, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """kubectl_lite, as the admin."""
        argv = [sys.executable, "-m", "kubectl_lite", "--kubeconfig", str(self.kubeconfig), *words]
        return self._run(argv, check, input)

    def _run(self, argv: list[str], check: bool, input: str | None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            argv, capture_output=True, text=True, input=input, cwd=REPOSITORY, env=environment(), timeout=300,
            check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{' '.join(argv[2:])}: {done.stdout}{done.stderr}"
        return done

    def up(self) -> str:
        return self.lab("up", *self.flags).stdout

    def down(self) -> None:
        self.lab("down")

    def scale(self, replicas: int) -> None:
        """Applies the example's Deployment with another number of replicas."""
        text = EXAMPLES[0].read_text().replace("replicas: 3", f"replicas: {replicas}")
        self.kubectl("apply", "-f", "-", input=text)

    # ---- asking ----

    def get(self, *words: str) -> dict[str, Any]:
        return json.loads(self.kubectl("get", *words, "-o", "json").stdout)

    def node(self, *command: str, node: str = "node1", check: bool = True) -> str:
        return self.lab("exec", node, "--", *command, check=check).stdout

    def cluster_ip(self, service: str = "myapp") -> str:
        return self.get("service", service)["spec"]["clusterIP"]

    def dns_ip(self) -> str:
        return self.get("service", "kube-dns", "-n", "kube-system")["spec"]["clusterIP"]

    def pods(self, label: str = "app=web-nginx") -> dict[str, str]:
        """Name -> address, of pods that are ready and not on their way out."""
        items = self.get("pods", "-l", label)["items"]
        return {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in items if _is_ready(pod)}

    def endpoints(self, service: str = "myapp") -> set[str]:
        """Addresses of ready endpoints."""
        slices = self.get("endpointslices", "-l", f"kubernetes.io/service-name={service}")["items"]
        return {address for one in slices for endpoint in one.get("endpoints") or []
                if endpoint["conditions"].get("ready") for address in endpoint["addresses"]}  # fmt: skip

    @property
    def mode(self) -> str:
        """`ipvs` or `nftables`."""
        return json.loads((self.directory / "state.json").read_text())["config"]["proxy_mode"]

    def table(self, node: str = "node1") -> str:
        """The node's load-balancing table, in the words of its kernel's own tool."""
        return self.node(*(["ipvsadm", "-Ln"] if self.mode == "ipvs" else ["nft", "list", "ruleset"]), node=node)

    def answers(self, address: str, times: int = 24, source: str = "node1") -> set[str]:
        """Who answered: the first words of pages."""
        script = f"for i in $(seq {times}); do curl -s --max-time 5 http://{address}/; done; true"
        return {line.split()[0] for line in self.node("sh", "-c", script, node=source).splitlines() if line}

    def settled(self, replicas: int) -> dict[str, str] | None:
        """The pods, once there are so many, and the endpoints and node1's table are exactly theirs."""
        pods = self.pods()
        if len(pods) != replicas or self.endpoints() != set(pods.values()):
            return None
        table = self.table()
        return pods if all(address in table for address in pods.values()) else None

    def process(self, component: str) -> int:
        return json.loads((self.directory / "state.json").read_text())["processes"][component]["pid"]


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = {c["type"]: c["status"] for c in pod["status"].get("conditions") or []}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]
