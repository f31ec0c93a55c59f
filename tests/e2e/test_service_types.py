"""One Service through all its types, with real kubectl where there is one, and with kubectl_lite: what each change
allocates and releases, and that what it releases may be had at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster

SDK = Path("/usr/lib/google-cloud-sdk/bin")


def kubectl() -> str:
    """The newest kubectl on this machine."""
    newest = sorted(SDK.glob("kubectl.1.*"), key=lambda path: int(path.name.rpartition(".")[2]))
    return os.environ.get("KUBECTL") or shutil.which("kubectl") or (str(newest[-1]) if newest else "")


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("types") / "lab", "--nodes=0")
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


def service(name: str, **spec: object) -> str:
    ports = [{"name": "http", "port": 80, **({"nodePort": spec.pop("nodePort")} if "nodePort" in spec else {})}]
    whole = {"selector": {"app": name}, "ports": ports, **spec}
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": whole})


CHAIN = [
    # type or clusterIP asked for -> has an address, has a node port
    ({"type": "ClusterIP"}, True, False),
    ({"type": "NodePort", "nodePort": 31777}, True, True),
    ({"type": "LoadBalancer", "nodePort": 31777}, True, True),
    ({"type": "ClusterIP"}, True, False),
    ({"type": "ExternalName", "externalName": "a.example.com"}, False, False),
    ({"type": "NodePort", "nodePort": 31777}, True, True),
    ({"type": "ExternalName", "externalName": "b.example.com"}, False, False),
    ({"type": "ClusterIP", "clusterIP": "None"}, False, False),
]


def test_apply_leads_through_all_types(control_plane: Cluster) -> None:
    client = kubectl()
    if not client:
        pytest.skip("no kubectl on this machine")

    def run(*words: str, input: str = "") -> subprocess.CompletedProcess[str]:
        argv = [client, f"--kubeconfig={control_plane.kubeconfig}", *words]
        return subprocess.run(argv, input=input, capture_output=True, text=True, timeout=60, check=False)

    for asked, has_address, has_port in CHAIN:
        applied = run("apply", "-f", "-", input=service("changing", **asked))
        assert applied.returncode == 0, f"{asked}: {applied.stderr}"
        spec = json.loads(run("get", "service", "changing", "-o", "json").stdout)["spec"]
        assert spec["type"] == asked["type"]
        assert (spec.get("clusterIP", "") not in ("", "None")) is has_address, asked
        assert any(port.get("nodePort") for port in spec["ports"]) is has_port, asked
        # The port is another's exactly when it is not ours.
        other = run("create", "-f", "-", input=service("other", type="NodePort", nodePort=31777))
        if has_port:
            assert "provided port is already allocated" in other.stderr
        else:
            assert other.returncode == 0, f"{asked}: {other.stderr}"
            assert run("delete", "service", "other").returncode == 0
    assert run("delete", "service", "changing").returncode == 0


PATCHES = [
    ({"type": "NodePort"}, "NodePort", True),
    ({"type": "LoadBalancer"}, "LoadBalancer", True),
    ({"type": "ClusterIP"}, "ClusterIP", False),
    ({"type": "ExternalName", "externalName": "a.example.com", "clusterIP": "", "clusterIPs": None},
     "ExternalName", False),
    ({"type": "ClusterIP", "externalName": None}, "ClusterIP", False),
]  # fmt: skip


def test_patch_leads_through_the_types(control_plane: Cluster) -> None:
    client = kubectl()
    if not client:
        pytest.skip("no kubectl on this machine")
    control_plane.kubectl("create", "-f", "-", input=service("patched"))
    try:
        for patch, type_, has_port in PATCHES:
            words = ["patch", "service", "patched", "--type=merge", "-p", json.dumps({"spec": patch})]
            argv = [client, f"--kubeconfig={control_plane.kubeconfig}", *words]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{patch}: {done.stderr}"
            spec = control_plane.get("service", "patched")["spec"]
            assert spec["type"] == type_
            assert bool(spec.get("clusterIP")) is (type_ != "ExternalName")
            assert any(port.get("nodePort") for port in spec["ports"]) is has_port, patch
    finally:
        control_plane.kubectl("delete", "service", "patched")
