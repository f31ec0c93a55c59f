"""`kubectl_lite logs`: what containers have written, of one pod or of all that a selector or a workload has.

Source: k8s.io/kubectl/pkg/cmd/logs. One stream is copied as it comes; several are followed at the same time, line by
line, so that no line is torn.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.picking import (
    WITH_PODS,
    all_containers,
    default_container,
    for_logs,
    pod_of,
    selected_pods,
    target_of,
)
from kubectl_lite.resources import fetch
from kubectl_lite.selecting import LABELS
from kubectl_lite.session import Session

Json = dict[str, Any]
USAGE = "logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]"


@dataclass(frozen=True)
class Source:
    """One container of one pod."""

    namespace: str
    pod: str
    container: str

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.pod}/log"

    @property
    def prefix(self) -> str:
        return f"[pod/{self.pod}/{self.container}] "


@command("logs")
@click.argument("args", nargs=-1)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option("-p", "--previous", is_flag=True, help="Of the container's run before this one.")
@click.option("-c", "--container", default="", help="Print the logs of this container.")
@click.option("--all-containers", "every", is_flag=True, help="Get all containers' logs in the pods.")
@click.option("--all-pods", is_flag=True, help="Get logs from all pods of the object. Sets --prefix.")
@click.option("-l", "--selector", default="", help=LABELS)
@click.option("--tail", default=-1, help="Lines of recent log to show: -1 is all, with a selector 10.")
@click.option("--since", type=DURATION, default="0s", help="Only logs newer than a duration: 5s, 2m, 3h.")
@click.option("--since-time", default="", help="Only logs after a date (RFC3339).")
@click.option("--timestamps", is_flag=True, help="Begin each line with its time.")
@click.option("--limit-bytes", default=0, help="Most bytes of logs to show; 0 is no limit.")
@click.option("--prefix", is_flag=True, help="Begin each line with its pod and container.")
@click.option("--ignore-errors", is_flag=True, help="Go on when a stream breaks.")
@click.option("--max-log-requests", default=5, help="How many logs to follow at the same time.")
@click.option("--pod-running-timeout", type=DURATION, default="20s", help="How long to wait for a pod that runs.")
@click.option("--insecure-skip-tls-verify-backend", "insecure", is_flag=True, help="Do not check the kubelet.")
async def cli(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    """Print the logs for a container in a pod or specified resource."""
    _check(args, flags)
    sources = await _sources(session, args, flags)
    prefix = flags["prefix"] or flags["all_pods"]
    most = flags["max_log_requests"]
    if flags["follow"] and len(sources) > 1:
        if len(sources) > most:
            raise CommandError(
                f"you are attempting to follow {len(sources)} log streams, but maximum allowed concurrency is {most}, "
                "use --max-log-requests to increase the limit"
            )
        await asyncio.gather(*(_show(session, source, flags, prefix) for source in sources))
    else:
        for source in sources:
            await _show(session, source, flags, prefix)
    return 0


def _check(args: tuple[str, ...], flags: Json) -> None:
    if (not args and not flags["selector"]) or len(args) > 2:
        raise usage("logs", f"expected '{USAGE}'.\nPOD or TYPE/NAME is a required argument for the logs command")
    if args and flags["selector"]:
        raise usage("logs", "only a selector (-l) or a POD name is allowed")
    if len(args) == 2:
        if flags["container"]:
            raise CommandError("only one of -c or an inline [CONTAINER] arg is allowed")
        flags["container"] = args[1]
    if flags["every"] and flags["container"]:
        raise CommandError(f"--all-containers=true should not be specified with container name {flags['container']}")
    if seconds(flags["since"]) < 0:
        raise CommandError("--since must be greater than 0")
    _check_time(flags["since_time"])
    if flags["since"] != "0s" and flags["since_time"]:
        raise CommandError("at most one of `sinceTime` or `sinceSeconds` may be specified")
    if flags["limit_bytes"] < 0:
        raise CommandError("--limit-bytes must be greater than 0")
    if flags["tail"] < -1:
        raise CommandError("--tail must be greater than or equal to -1")


def _check_time(text: str) -> None:
    from kube.apimachinery.times import parse_time

    try:
        _ = text and parse_time(text)
    except ValueError as why:
        raise CommandError(str(why)) from why


async def _sources(session: Session, args: tuple[str, ...], flags: Json) -> list[Source]:
    """The containers to read, pod after pod."""
    if flags["selector"]:
        if flags["tail"] == -1:
            flags["tail"] = 10
        params = {"labelSelector": flags["selector"]}
        listed = await session.get(f"/api/v1/namespaces/{session.namespace}/pods", params=params)
        pods = listed.get("items") or []
        if not pods:
            print(f"No resources found in {session.namespace} namespace.", file=sys.stderr)
        return [source for pod in pods for source in _of_pod(pod, flags)]
    target = await target_of(session, args[0])
    if target.mapping.kind not in ("Pod", *WITH_PODS):
        type_ = f"*{target.mapping.version}.{target.mapping.kind}"
        raise CommandError(f"cannot get the logs from {type_}: selector for {type_} not implemented")
    from kube.apimachinery.errors import StatusError
    try:
        if flags["all_pods"] and target.mapping.kind != "Pod":
            pods = await selected_pods(session, target, await fetch(session, target))
            return [source for pod in sorted(pods, key=for_logs) for source in _of_pod(pod, flags)]
        return _of_pod(await pod_of(session, target, for_logs, seconds(flags["pod_running_timeout"])), flags)
    except StatusError as why:
        raise CommandError(
            f'error from server ({why.reason}): {why.message} in namespace "{session.namespace}"'
        ) from why


def _of_pod(pod: Json, flags: Json) -> list[Source]:
    meta, known = pod["metadata"], all_containers(pod)
    if flags["every"]:
        kinds = ("initContainers", "containers", "ephemeralContainers")
        names = [c["name"] for kind in kinds for c in pod["spec"].get(kind) or ()]
    elif flags["container"]:
        names = [flags["container"]]
        if names[0] not in [name for name, _ in known]:
            raise CommandError(f"container {names[0]} is not valid for pod {meta['name']}")
    else:
        names = [default_container(pod, known, quiet=False)]
    return [Source(meta["namespace"], meta["name"], name) for name in names]


def _params(source: Source, flags: Json) -> Json:
    since = seconds(flags["since"])
    params = {
        "container": source.container,
        "follow": "true" if flags["follow"] else "",
        "previous": "true" if flags["previous"] else "",
        "timestamps": "true" if flags["timestamps"] else "",
        "sinceSeconds": round(since) if since else "",
        "sinceTime": flags["since_time"],
        "tailLines": flags["tail"] if flags["tail"] >= 0 else "",
        "limitBytes": flags["limit_bytes"] or "",
        "insecureSkipTLSVerifyBackend": "true" if flags["insecure"] else "",
    }
    return {k: v for k, v in params.items() if v != ""}


async def _show(session: Session, source: Source, flags: Json, prefix: bool) -> None:
    """Copies one log to our output, whole lines only, until it ends."""
    from kube.apimachinery.errors import StatusError

    head = source.prefix.encode() if prefix else b""
    try:
        async with session.stream(source.path, params=_params(source, flags)) as chunks:
            rest = b""
            async for chunk in chunks:
                *lines, rest = (rest + chunk).split(b"\n")
                _write(b"".join(head + line + b"\n" for line in lines))
            _write(head + rest if rest else b"")
    except (StatusError, CommandError) as why:
        if not flags["ignore_errors"]:
            raise
        print(f"error: {getattr(why, 'message', why)}", file=sys.stderr)


def _write(data: bytes) -> None:
    if data:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
