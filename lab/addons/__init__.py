"""What a lab's cluster has besides the control plane: cluster DNS, and the account of the cloud provider.

Called by `lab.up` when the API server serves. It reads the manifests in this folder and applies them, so that they
are objects like everybody's: `kubectl_lite -n kube-system get all`. It leaves out what the programs in them do:
that is `cluster_dns` and `lab.balancer`.
"""

from __future__ import annotations

import asyncio
import json
import string
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from kube.api import scheme
from kube.api.apps_v1 import Deployment
from kube.client import Client
from lab.config import LabConfig, Layout
from lab.errors import LabError

FOLDER = Path(__file__).parent
MANAGER = "lab"
Manifest = dict[str, Any]


def manifests(file: str, **values: object) -> list[Manifest]:
    """The objects of a file in this folder, its `$name`s replaced."""
    text = string.Template((FOLDER / file).read_text()).substitute(values)
    return [document for document in yaml.safe_load_all(text) if document]


def dns(config: LabConfig, upstreams: Sequence[str] = ()) -> list[Manifest]:
    """Cluster DNS; other names are asked of `upstreams` (HOST:PORT each), or refused when there is none."""
    made = manifests(
        "dns.yaml",
        dns_address=config.dns_address,
        cluster_domain=config.cluster_domain,
        replicas=min(config.nodes, 2),
    )
    args = made[-1]["spec"]["template"]["spec"]["containers"][0]["args"]
    args += [f"--dns-ip={address}" for address in config.dns_addresses]
    args += [f"--forward={upstream}" for upstream in upstreams]
    if config.dual_stack:
        service = next(one for one in made if one["kind"] == "Service")
        service["spec"] |= {"ipFamilyPolicy": "RequireDualStack", "clusterIPs": config.dns_addresses}
        args += ["--bind-address=0.0.0.0", "--bind-address=::", "--health-address="]
    return made


def cloud_provider() -> list[Manifest]:
    """What the cloud provider may do."""
    return manifests("cloud-provider.yaml")


def apply(layout: Layout, objects: Sequence[Manifest]) -> None:
    """Creates the objects, or brings them up to date. Raises StatusError, Unreachable."""

    async def run() -> None:
        async with Client.from_kubeconfig(layout.admin_kubeconfig, user_agent="lab") as client:
            for one in objects:
                await _apply(client, one)

    asyncio.run(run())


async def _apply(client: Client, manifest: Manifest) -> None:
    resource = scheme.by_kind(manifest["apiVersion"], manifest["kind"])
    assert resource is not None, manifest["kind"]
    meta = manifest["metadata"]
    await client.request(
        "PATCH",
        resource.path(meta.get("namespace", ""), meta["name"]),
        params={"fieldManager": MANAGER, "force": "true"},
        body=json.dumps(manifest).encode(),
        content_type="application/apply-patch+yaml",
    )


def wait_for_dns(layout: Layout, check: Callable[[], None], seconds: float) -> None:
    """Returns when a pod of cluster DNS answers. `check` raises when something needed has died; LabError in time."""
    asyncio.run(_wait_for_dns(layout, check, seconds))


async def _wait_for_dns(layout: Layout, check: Callable[[], None], seconds: float) -> None:
    async with Client.from_kubeconfig(layout.admin_kubeconfig, user_agent="lab") as client:
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while not (await client.get(Deployment, "coredns", "kube-system")).status.readyReplicas:
            check()
            if clock() > deadline:
                hint = "see `kubectl_lite -n kube-system describe pods`"
                raise LabError(f"cluster DNS did not answer within {seconds:g} s", hint)
            await asyncio.sleep(0.1)
