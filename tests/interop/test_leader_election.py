"""The official client's leader election on a Lease: one leads, and when it ends the other one does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.cluster import ApiServer

CANDIDATE = """
import sys
import kubernetes
from kubernetes.leaderelection.electionconfig import Config
from kubernetes.leaderelection.leaderelection import LeaderElection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

kubeconfig, namespace, name = sys.argv[1:]
kubernetes.config.load_kube_config(kubeconfig)
lock = LeaseLock("elected", namespace, name)
say = lambda: print(name, "leads", flush=True)
print(name, "stands", flush=True)
LeaderElection(Config(lock, lease_duration=3, renew_deadline=2, retry_period=1, onstarted_leading=say,
                      onstopped_leading=None)).run()
"""


@contextmanager
def candidate(kubeconfig: Path, namespace: str, name: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", CANDIDATE, str(kubeconfig), namespace, name], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == f"{name} stands\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_one_leads_and_then_the_other(cluster: ApiServer, new_namespace: Callable[[str], str]) -> None:
    namespace, kubeconfig = new_namespace("election"), cluster.kubeconfig()
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/elected"
    with ExitStack() as others, candidate(kubeconfig, namespace, "first") as first:
        assert first.stdout.readline() == "first leads\n"
        second = others.enter_context(candidate(kubeconfig, namespace, "second"))
        assert cluster.request("GET", lease)[1]["spec"]["holderIdentity"] == "first"
        first.kill()
        assert second.stdout.readline() == "second leads\n"
        assert cluster.request("GET", lease)[1]["spec"]["holderIdentity"] == "second"
