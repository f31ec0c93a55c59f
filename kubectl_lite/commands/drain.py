"""`kubectl_lite drain`: empties a node for maintenance: cordons it, evicts its pods, waits until they are gone.

Source: k8s.io/kubectl/pkg/drain. Evicting respects PodDisruptionBudgets: what they refuse is tried again.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.cordoning import nodes_of, set_unschedulable
from kubectl_lite.deleting import wait_until_gone
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError, report
from kubectl_lite.progress import Progress
from kubectl_lite.session import Session

Json = dict[str, Any]
RETRY_SECONDS = 5.0


@command("drain")
@click.argument("nodes", nargs=-1)
@click.option("-l", "--selector", default="", help="Label selector to filter nodes on.")
@click.option("--pod-selector", default="", help="Label selector to filter pods on the node.")
@click.option("--ignore-daemonsets", is_flag=True, help="Leave pods of DaemonSets where they are.")
@click.option("--delete-emptydir-data", is_flag=True, help="Go on though pods have emptyDir volumes.")
@click.option("--force", is_flag=True, help="Go on though pods have no controller.")
@click.option("--grace-period", default=-1, help="Seconds for a graceful end; negative is the pod's own.")
@click.option("--timeout", type=DURATION, default="0s", help="How long to wait before giving up; 0 is without end.")
@click.option("--disable-eviction", is_flag=True, help="Delete instead of evicting: no budget is asked.")
@click.option("--skip-wait-for-delete-timeout", default=0, help="Do not wait for pods deleted longer ago than this.")
@click.option("--chunk-size", default=500, help="Return large lists in chunks.")
@click.option("--dry-run", default="none", is_flag=False, flag_value="client", help="none, client or server.")
async def cli(session: Session, nodes: tuple[str, ...], selector: str, dry_run: str, **flags: Any) -> int:
    """Drain node in preparation for maintenance."""
    from kube.apimachinery.errors import StatusError

    _check_selector(flags["pod_selector"])
    found = await nodes_of(session, nodes, selector, "drain")
    suffix = {"none": "", "client": " (dry run)", "server": " (server dry run)"}[dry_run]
    failed = []
    for target in found:
        await set_unschedulable(session, target, True, "cordon", dry_run)
        try:
            async with asyncio.timeout(seconds(flags["timeout"]) or None):
                await _empty(session, target.name, dry_run, flags)
        except (StatusError, CommandError, TimeoutError) as why:
            reason = why if not isinstance(why, TimeoutError) else CommandError(
                f"global timeout reached: {flags['timeout']}")  # fmt: skip
            failed.append((target.name, getattr(reason, "message", str(reason))))
            continue
        print(f"node/{target.name} drained{suffix}")
    if failed:
        _report(failed)
    return 1 if failed else 0


def _check_selector(text: str) -> None:
    from kube.apimachinery.labels import parse

    try:
        parse(text)
    except ValueError as why:
        raise CommandError("--pod-selector=<pod_selector> must be a valid label selector") from why


def _report(failed: list[tuple[str, str]]) -> None:
    for name, text in failed:
        report(CommandError(f'unable to drain node "{name}" due to error: {text}, continuing command...'))
    print("There are pending nodes to be drained:", file=sys.stderr)
    for name, _ in failed:
        print(f" {name}", file=sys.stderr)
    for _, text in failed:
        print(text, file=sys.stderr)


async def _empty(session: Session, node: str, dry_run: str, flags: Json) -> None:
    from kubectl_lite.draining import plan

    params = {"fieldSelector": f"spec.nodeName={node}", "labelSelector": flags["pod_selector"]}
    pods = (await session.get("/api/v1/pods", params=params)).get("items") or []
    sets = (await session.get("/apis/apps/v1/daemonsets")).get("items") or []
    found = plan(pods, {(s["metadata"]["namespace"], s["metadata"]["name"]) for s in sets}, flags)
    if found.error:
        raise CommandError(found.error)
    if found.warning:
        print(f"Warning: {found.warning}", file=sys.stderr)
    left = len(found.evict)
    async with Progress(lambda: f"waiting for {left} of {len(found.evict)} pods to leave {node}") as line:

        async def one(pod: Json) -> None:
            nonlocal left
            await _evict(session, pod, dry_run, flags, line)
            left -= 1

        await asyncio.gather(*map(one, found.evict))


async def _evict(session: Session, pod: Json, dry_run: str, flags: Json, line: Progress) -> None:
    """Evicts one pod and waits until it is gone. A budget that forbids it is asked again every five seconds."""
    from kube.apimachinery.errors import NotFound, StatusError

    meta = pod["metadata"]
    name, namespace = meta["name"], meta["namespace"]
    deleting = flags["disable_eviction"]
    suffix = {"none": "", "client": " (dry run)", "server": " (server dry run)"}[dry_run]
    said = f"{'deleting' if deleting else 'evicting'} pod {namespace}/{name}{suffix}"
    if dry_run == "client":
        line.say(said)
        return
    options: Json = {"gracePeriodSeconds": flags["grace_period"]} if flags["grace_period"] >= 0 else {}
    options |= {"dryRun": ["All"]} if dry_run == "server" else {}
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}}
    while True:
        line.say(said)
        try:
            if deleting:
                await session.delete(path, options)
            else:
                await session.post(f"{path}/eviction", body | ({"deleteOptions": options} if options else {}))
            break
        except NotFound:
            return
        except StatusError as why:
            if why.code != 429:
                raise
            text = f'error when evicting pods/"{name}" -n "{namespace}" (will retry after 5s): {why.message}'
            line.say(text, error=True)
            await asyncio.sleep(RETRY_SECONDS)
    if dry_run == "none":
        await _until_gone(session, meta)
        line.say(f"pod/{name} evicted")


async def _until_gone(session: Session, meta: Json) -> None:
    from kubectl_lite.resources import Target

    mapping = (await session.mapper()).by_name("pods")
    await wait_until_gone(session, Target(mapping, meta["name"], meta["namespace"]), meta["uid"], None)
