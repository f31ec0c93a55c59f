"""`lab show`, the end of `make up`: a Deployment and its Service, from the objects down to answered packets.

Called by `lab.__main__`. It calls kubectl_lite for what the API says, the node's own tools for what its kernel has, and
curl on a node and in a pod for what comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from collections.abc import Callable, Sequence

from kube.api.apps_v1 import Deployment
from kube.api.core_v1 import Pod, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.apimachinery.errors import NotFound
from kube.client import Client
from lab.config import Layout
from lab.errors import LabError
from lab.execute import resolve
from lab.state import State

REQUESTS, MORE_ROUNDS = 6, 5
SHORT_TABLE = 40
"""A ruleset of more lines is shown in part."""


def show(state: State, layout: Layout, deployment: str, service: str, seconds: float = 30) -> int:
    """Waits until the Deployment is available and programmed, then shows it. Raises LabError when it takes too long."""
    found = asyncio.run(_wait(layout, deployment, service, seconds))
    viewer = _Viewer(state, layout)
    label = ",".join(f"{key}={value}" for key, value in found.spec.selector.items())
    viewer.kubectl("get", "deployment", deployment)
    viewer.kubectl("get", "pods", "-l", label, "-o", "wide")
    viewer.kubectl("get", "service", service)
    viewer.kubectl("get", "endpointslices", "-l", f"kubernetes.io/service-name={service}")
    if not state.config.nodes:
        return 0
    address = found.spec.clusterIP
    pods = asyncio.run(_ready_pods(layout, label))
    viewer.table("node1", address)
    answers = viewer.requests("node1", address) | viewer.requests(pods[0], address)
    for _ in range(MORE_ROUNDS):  # nftables balances at random: six requests may miss a pod
        if len(answers) >= len(pods):
            break
        answers |= viewer.requests("node1", address)
    print(f"\n{len(answers)} of {len(pods)} pods answered")
    return 0 if len(answers) == len(pods) else 1


# ---- waiting ----


async def _wait(layout: Layout, deployment: str, service: str, seconds: float) -> Service:
    """The Service, once the Deployment's pods are available and stand in its EndpointSlices."""
    async with Client.from_kubeconfig(layout.admin_kubeconfig, user_agent="lab") as client:
        try:
            async with asyncio.timeout(seconds):
                while not await _is_complete(client, deployment, service):  # noqa: ASYNC110, three kinds at once
                    await asyncio.sleep(0.1)
            return await client.get(Service, service, "default")
        except NotFound as error:
            hint = "lab up --apply examples/deployment.yaml --apply examples/service.yaml"
            raise LabError(error.message, hint) from error
        except TimeoutError:
            status = (await client.get(Deployment, deployment, "default")).status
            count = f"{status.availableReplicas} of {status.replicas} replicas available"
            raise LabError(
                f"deployment {deployment}: {count} after {seconds:g} s",
                hint="see `kubectl_lite get events` and `lab logs controllers`",
            ) from None


async def _is_complete(client: Client, deployment: str, service: str) -> bool:
    found = await client.get(Deployment, deployment, "default")
    wanted = found.spec.replicas if found.spec.replicas is not None else 1
    slices = await client.list(EndpointSlice, "default", label_selector=f"kubernetes.io/service-name={service}")
    ready = sum(bool(endpoint.conditions.ready) for one in slices for endpoint in one.endpoints)
    return found.status.availableReplicas == wanted == ready


async def _ready_pods(layout: Layout, label: str) -> list[str]:
    async with Client.from_kubeconfig(layout.admin_kubeconfig, user_agent="lab") as client:
        pods = await client.list(Pod, "default", label_selector=label)
        return [pod.metadata.name for pod in pods if not pod.metadata.deletionTimestamp]


# ---- showing ----


class _Viewer:
    """Prints commands and what they answer."""

    def __init__(self, state: State, layout: Layout):
        self.state, self.layout = state, layout

    def kubectl(self, *words: str) -> None:
        from kubectl_lite.__main__ import main  # only here: most commands of the lab do not need it

        print(f"\n$ kubectl_lite {' '.join(words)}", flush=True)
        with contextlib.suppress(SystemExit):
            main(["--kubeconfig", str(self.layout.admin_kubeconfig), *words])
        sys.stdout.flush()

    def table(self, node: str, address: str) -> None:
        """The node's load-balancing table, in the words of its kernel's own tool."""
        argv = ["ipvsadm", "-Ln"] if self.state.config.proxy_mode == "ipvs" else ["nft", "list", "ruleset"]
        print(f"\n$ lab exec {node} -- {' '.join(argv)}", flush=True)
        text = self.run(node, argv)
        print(text if len(text.splitlines()) <= SHORT_TABLE else excerpt(text, address), flush=True)

    def requests(self, target: str, address: str) -> set[str]:
        print(f"\n$ lab exec {target} -- curl -s http://{address}/    # {REQUESTS} times", flush=True)
        script = f"for i in $(seq {REQUESTS}); do curl -s --max-time 5 http://{address}/; done"
        lines = [line for line in self.run(target, ["sh", "-c", script]).splitlines() if line]
        print("\n".join(lines), flush=True)
        return set(lines)

    def run(self, target: str, argv: Sequence[str]) -> str:
        machine, command = resolve(self.state, self.layout, target, argv)
        return machine.run(command).stdout


def excerpt(ruleset: str, address: str) -> str:
    """The maps and chains of an nftables ruleset that name an address, and those that they lead to."""
    blocks = _blocks(ruleset)
    wanted = {name for name, lines in blocks.items() if any(address in line for line in lines)}
    led_to = {name for one in wanted for line in blocks[one] if address in line
              for name in re.findall(r"(?:goto|jump) (\S+?)[,;]?(?:\s|$)", line)}  # fmt: skip
    kept = [name for name in blocks if name in wanted or name.split()[-1] in led_to]
    shown = [line for name in kept for line in _trim(blocks[name], lambda line: address in line)]
    return "\n".join([*shown, f"\t... {len(ruleset.splitlines()) - len(shown)} more lines"])


def _blocks(ruleset: str) -> dict[str, list[str]]:
    """`map NAME`, `chain NAME`, ... -> their lines."""
    blocks: dict[str, list[str]] = {}
    current = ""
    for line in ruleset.splitlines():
        if re.match(r"\t\w+ \S+ \{", line):
            current = line.strip().removesuffix(" {")
            blocks[current] = []
        if current:
            blocks[current].append(line)
        if line == "\t}":
            current = ""
    return blocks


def _trim(lines: list[str], about: Callable[[str], bool], most: int = 12) -> list[str]:
    """A long map without the elements of others."""
    if len(lines) <= most:
        return lines
    return [line for i, line in enumerate(lines) if i < 3 or line == lines[-1] or about(line)]
