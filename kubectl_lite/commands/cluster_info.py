"""`kubectl_lite cluster-info`: where the control plane and the cluster's own Services are; `dump` writes all."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from kubectl_lite.cli import command, group
from kubectl_lite.durations import DURATION
from kubectl_lite.session import Session
from kubectl_lite.writing import print_options, printer_of

Json = dict[str, Any]


@command("cluster-info")
@click.argument("ignored", nargs=-1, expose_value=False)
async def _info(session: Session) -> None:
    """Display addresses of the control plane and services with label kubernetes.io/cluster-service=true."""
    from kubectl_lite.colour import GREEN, YELLOW, paint

    def say(name: str, url: str) -> None:
        print(f"{paint(name, GREEN, sys.stdout)} is running at {paint(url, YELLOW, sys.stdout)}")

    namespace = session.flags.namespace or "kube-system"
    params = {"labelSelector": "kubernetes.io/cluster-service=true"}
    try:
        listed = await session.get(f"/api/v1/namespaces/{namespace}/services", params=params)
        say("Kubernetes control plane", session.config.server)
        for service in listed.get("items") or ():
            labels = service["metadata"].get("labels") or {}
            name = labels.get("kubernetes.io/name") or service["metadata"]["name"]
            say(name, _url(session.config.server, service))
    finally:
        print("\nTo further debug and diagnose cluster problems, use 'kubectl_lite cluster-info dump'.")


def _url(server: str, service: Json) -> str:
    """The address of a load balancer, else through the server's proxy."""
    meta, spec = service["metadata"], service["spec"]
    ingress = (service.get("status", {}).get("loadBalancer") or {}).get("ingress") or ()
    if ingress:
        host = ingress[0].get("ip") or ingress[0].get("hostname", "")
        return "".join(f"http://{host}:{port['port']} " for port in spec["ports"])
    name = meta["name"]
    if spec.get("ports"):
        port = spec["ports"][0]
        scheme = "https:" if port.get("name") == "https" or port["port"] == 443 else ""
        name = f"{scheme}{name}:{port.get('name') or ''}" if scheme or port.get("name") else name
    return f"{server}/api/v1/namespaces/{meta['namespace']}/services/{name}/proxy"


DUMPED = ("nodes", "events", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "pods")
_APPS = {"daemonsets", "deployments", "replicasets"}


@command("dump")
@click.option("--output-directory", default="", help="Where to put the files; - or nothing is standard output.")
@click.option("--namespaces", multiple=True, help="The namespaces to dump; kube-system and the current one if empty.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Dump all namespaces.")
@click.option("--pod-running-timeout", type=DURATION, default="20s", help="Taken: nothing is waited for.")
@partial(print_options, output="json")
async def _dump(
    session: Session, output_directory: str, namespaces: tuple[str, ...], all_namespaces: bool, output: str,
    pod_running_timeout: str, **flags: Any,
) -> None:  # fmt: skip
    """Dump relevant information for debugging and diagnosis."""
    printer = printer_of(flags | {"output": output or "json"})
    assert printer
    ending = output if output in ("json", "yaml") else "txt"
    where = [n for given in namespaces for n in given.split(",") if n] or ["kube-system", session.namespace]
    if all_namespaces:
        listed = await session.get("/api/v1/namespaces")
        where = [item["metadata"]["name"] for item in listed["items"]]

    def write(name: str, text: str) -> None:
        if output_directory in ("", "-"):
            sys.stdout.write(text)
            return
        path = Path(output_directory, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write(f"nodes.{ending}", printer(await session.get("/api/v1/nodes")))
    for namespace in dict.fromkeys(where):
        await _dump_namespace(session, namespace, lambda name, obj: write(f"{name}.{ending}", printer(obj)), write)
    if output_directory not in ("", "-"):
        print(f"Cluster info dumped to {output_directory}")


async def _dump_namespace(session: Session, namespace: str, write_object: Any, write: Any) -> None:
    from kube.apimachinery.errors import StatusError

    pods: list[Json] = []
    for plural in DUMPED[1:]:
        root = "/apis/apps/v1" if plural in _APPS else "/api/v1"
        try:
            listed = await session.get(f"{root}/namespaces/{namespace}/{plural}")
        except StatusError:  # a resource that this server does not serve
            continue
        write_object(f"{namespace}/{plural.replace('replicationcontrollers', 'replication-controllers')}", listed)
        pods = listed.get("items") or [] if plural == "pods" else pods
    for pod in pods:
        name = pod["metadata"]["name"]
        for container in pod["spec"]["containers"]:
            log = await _log(session, f"/api/v1/namespaces/{namespace}/pods/{name}/log", container["name"])
            title = f"container {container['name']} of pod {namespace}/{name}"
            text = f"==== START logs for {title} ====\n{log}==== END logs for {title} ====\n"
            write(f"{namespace}/{name}/logs.txt", text)


async def _log(session: Session, path: str, container: str) -> str:
    from kube.apimachinery.errors import StatusError

    try:
        async with session.stream(path, params={"container": container}) as chunks:
            return b"".join([chunk async for chunk in chunks]).decode(errors="replace")
    except StatusError as why:
        return f"Request log error: {why.message}\n"


cli = group("cluster-info", {"dump": _dump}, default=_info,
            help="Display addresses of the control plane and services of the cluster.")  # fmt: skip
