"""Clients that are not ours list and watch the same objects: an unmodified kubectl, and the official Python client."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import kubernetes
import pytest

from tests.e2e.cluster import Cluster
from tests.support.kubectls import newest

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]


def test_kubectl(cluster: Cluster, tmp_path: Path) -> None:
    kubectl = newest()
    if kubectl is None:
        pytest.skip("no kubectl on PATH or in .cache: apt-get install kubernetes-client")
    environment = {**os.environ, "HOME": str(tmp_path), "KUBECONFIG": str(cluster.kubeconfig)}
    words = [kubectl, "get", "pods", "-l", "app=web-nginx", "--watch", "-o", "name"]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as watching:
        listed = {watching.stdout.readline().strip() for _ in range(3)}
        assert listed == {f"pod/{name}" for name in cluster.pods()}
        threading.Thread(target=cluster.scale, args=(4,)).start()
        seen = next(line.strip() for line in watching.stdout if line.strip() not in listed)
        watching.terminate()
    assert seen.startswith("pod/my-nginx-")


def test_the_official_python_client(cluster: Cluster) -> None:
    api = kubernetes.client.CoreV1Api(kubernetes.config.new_client_from_config(str(cluster.kubeconfig)))
    pods = api.list_namespaced_pod("default", label_selector="app=web-nginx")
    assert {pod.metadata.name: pod.status.pod_ip for pod in pods.items} == cluster.pods()
    assert api.read_namespaced_service("myapp", "default").spec.cluster_ip == cluster.cluster_ip()
    victim = pods.items[0].metadata.name
    api.delete_namespaced_pod(victim, "default")
    watch = kubernetes.watch.Watch()
    revision = pods.metadata.resource_version
    for event in watch.stream(api.list_namespaced_pod, "default", resource_version=revision, timeout_seconds=60):
        if event["type"] == "DELETED" and event["object"].metadata.name == victim:
            break
    else:
        pytest.fail("the deletion was not seen")
