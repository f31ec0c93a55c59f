"""Rolling updates under load, as steps that hold for every proxy mode: called by `tests.e2e.test_rolling_updates`.

Two ways for pods to go without failing a request, both from Kubernetes' documentation: a preStop hook that waits until
every node knows, for servers that close at once when told to end (nginx); or a server that goes on for a while after
SIGTERM. A pod, a node and a host outside ask all the while, over new connections and kept ones.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from lab.config import REPOSITORY
from lab.machines import environment
from tests.e2e.cluster import Cluster, wait_for

LOAD = Path(__file__).with_name("load.py")
NGINX_CONF = "server { listen 80; location / { return 200 $hostname; } }\n"
PRE_STOP = {
    "image": "nginx",
    "lifecycle": {"preStop": {"sleep": {"seconds": 4}}},
    "volumeMounts": [{"name": "conf", "mountPath": "/etc/nginx/conf.d"}],
}
GRACEFUL = {
    "image": "registry.k8s.io/e2e-test-images/agnhost:2.53",
    "args": ["netexec", "--http-port=80", "--udp-port=-1", "--delay-shutdown=4"],
}


def manifest(server: dict[str, Any], replicas: int, version: int) -> str:
    """The Deployment, its Service, and the pod that asks."""
    probe = {"httpGet": {"path": "/hostname", "port": 80}, "periodSeconds": 1}
    container = {"name": "web", "env": [{"name": "VERSION", "value": str(version)}], "readinessProbe": probe, **server}
    labels = {"app": "rolling"}
    volume = {"name": "conf", "configMap": {"name": "rolling"}}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "volumes": [volume]}}
    asker = {"name": "asker", "image": "python", "command": ["sleep", "infinity"]}
    items = [
        _object("v1", "ConfigMap", "rolling", data={"default.conf": NGINX_CONF}),
        _object("apps/v1", "Deployment", "rolling",
                spec={"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}),
        _object("v1", "Service", "rolling", spec={"type": "NodePort", "selector": labels, "ports": [{"port": 80}]}),
        _object("v1", "Pod", "asker", spec={"terminationGracePeriodSeconds": 0, "containers": [asker]}),
    ]  # fmt: skip
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def _object(version: str, kind: str, name: str, **rest: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **rest}


class Asker:
    """`load.py`, running somewhere in the lab."""

    def __init__(self, cluster: Cluster, source: str, address: str):
        inside = [sys.executable, str(LOAD), address]
        self.source = source
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab", "exec", f"--data-dir={cluster.directory}", source, "--", *inside],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env=environment(),
        )  # fmt: skip
        assert self.process.stdout
        assert self.process.stdout.readline() == "asking\n"

    def end(self) -> dict[str, Any]:
        """What came of it."""
        return json.loads(self.process.communicate(timeout=60)[0])

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def asking(cluster: Cluster) -> Iterator[list[Asker]]:
    """From a pod and a node through the cluster IP, from outside through a node port."""
    spec = cluster.get("service", "rolling")["spec"]
    inside, outside = f"{spec['clusterIP']}:80", f"{_node_ip(cluster)}:{spec['ports'][0]['nodePort']}"
    with ExitStack() as stack:
        askers = []
        for source, address in (("asker", inside), ("node1", inside), ("client", outside)):
            askers.append(Asker(cluster, source, address))
            stack.callback(askers[-1].close)
        yield askers


def _node_ip(cluster: Cluster) -> str:
    addresses = cluster.get("node", "node2")["status"]["addresses"]
    return next(one["address"] for one in addresses if one["type"] == "InternalIP")


def no_request_fails(cluster: Cluster, server: dict[str, Any]) -> None:
    """Two updates, the second before the first has ended, and scaling down: every request is answered."""
    apply(cluster, server, 3, version=1)
    wait_for("three pods behind the Service", lambda: settled(cluster, 3), 120)
    wait_for("a pod to ask from", lambda: cluster.pods("app!=rolling").get("asker"), 60)
    before = set(cluster.pods("app=rolling"))
    with asking(cluster) as askers:
        apply(cluster, server, 3, version=2)
        wait_for("the first new pod", lambda: set(cluster.pods("app=rolling")) - before, 60)
        apply(cluster, server, 3, version=3)
        cluster.kubectl("rollout", "status", "deployment/rolling", "--timeout=120s")
        apply(cluster, server, 1, version=3)
        wait_for("the pods to end", lambda: len(cluster.get("pods", "-l", "app=rolling")["items"]) == 1, 60)
        results = {asker.source: asker.end() for asker in askers}
    after = set(cluster.pods("app=rolling"))
    assert len(after) == 1
    assert not after & before
    for source, result in results.items():
        assert result["failures"] == [], f"{source}: of {result['requests']}"
        assert before & set(result["answered_by"]), source
        assert after <= set(result["answered_by"]), source


def apply(cluster: Cluster, server: dict[str, Any], replicas: int, version: int) -> None:
    cluster.kubectl("apply", "-f", "-", input=manifest(server, replicas, version))


def settled(cluster: Cluster, replicas: int) -> bool:
    """Every node sends to the endpoints."""
    pods = cluster.pods("app=rolling")
    if len(pods) != replicas or cluster.endpoints("rolling") != set(pods.values()):
        return False
    return all(ip in cluster.table(node) for ip in pods.values() for node in ("node1", "node2", "node3"))


def remove(cluster: Cluster) -> None:
    for what in ("service/rolling", "deployment/rolling", "configmap/rolling", "pod/asker"):
        cluster.kubectl("delete", "--ignore-not-found", "--wait=false", what)
    wait_for("no pods", lambda: not cluster.get("pods")["items"], 120)
