"""One Service through all its types, with real kubectls: what each change allocates and releases, as Kubernetes does.

Whatever a change releases (a node port, a cluster IP) another Service must be able to take at once, and what it keeps
nobody else may have.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster import ApiServer
from tests.support.kubectls import kubectls, newest, version

pytestmark = pytest.mark.timeout(300)

PORT = 31777
IMMUTABLE = "may not change once set"
NO_HEADLESS = "may not be set to 'None'"
CLUSTER_IP, NODE_PORT, LOAD_BALANCER = "ClusterIP", "NodePort", "LoadBalancer"
HEADLESS, EXTERNAL_NAME = "headless", "ExternalName"

ROUND = [
    # to, what is said against it; every type comes after every other one
    (CLUSTER_IP, ""), (NODE_PORT, ""), (CLUSTER_IP, ""), (LOAD_BALANCER, ""), (NODE_PORT, ""), (LOAD_BALANCER, ""),
    (CLUSTER_IP, ""), (EXTERNAL_NAME, ""), (NODE_PORT, ""), (EXTERNAL_NAME, ""), (LOAD_BALANCER, ""),
    (EXTERNAL_NAME, ""), (CLUSTER_IP, ""), (HEADLESS, IMMUTABLE), (NODE_PORT, ""), (HEADLESS, IMMUTABLE),
    (LOAD_BALANCER, ""), (HEADLESS, IMMUTABLE), (EXTERNAL_NAME, ""), (HEADLESS, ""), (NODE_PORT, NO_HEADLESS),
    (LOAD_BALANCER, NO_HEADLESS), (EXTERNAL_NAME, ""), (CLUSTER_IP, ""),
]  # fmt: skip


def manifest(name: str, type_: str) -> dict[str, Any]:
    port: dict[str, Any] = {"name": "http", "port": 80}
    spec: dict[str, Any] = {"type": type_, "selector": {"app": name}, "ports": [port]}
    if type_ in (NODE_PORT, LOAD_BALANCER):
        port["nodePort"] = PORT
    elif type_ == HEADLESS:
        spec |= {"type": CLUSTER_IP, "clusterIP": "None"}
    elif type_ == EXTERNAL_NAME:
        spec["externalName"] = "my.database.example.com"
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


@dataclass
class Session:
    """A kubectl and a namespace of its own."""

    kubectl: str
    server: ApiServer
    namespace: str
    home: Path

    def run(self, *words: str, input: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        argv = [self.kubectl, f"--kubeconfig={self.server.kubeconfig()}", f"--namespace={self.namespace}", *words]
        environment = {**os.environ, "HOME": str(self.home), **variables}
        return subprocess.run(argv, input=input, capture_output=True, text=True, env=environment, check=False)

    def apply(self, type_: str) -> subprocess.CompletedProcess[str]:
        return self.run("apply", "-f", "-", input=json.dumps(manifest("changing", type_)))

    def patch(self, kind: str, spec: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        return self.run("patch", "service", "changing", f"--type={kind}", "-p", json.dumps({"spec": spec}))

    def edit(self, *commands: str) -> subprocess.CompletedProcess[str]:
        """`kubectl edit` by somebody whose editor is sed."""
        editor = self.home / "editor"
        script = "".join(f" -e '{command}'" for command in commands)
        editor.write_text(f'#!/bin/sh\nexec sed -i{script} "$1"\n')
        editor.chmod(0o755)
        return self.run("edit", "service", "changing", EDITOR=str(editor))

    # ---- the server's own view ----

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/services"

    def spec(self) -> dict[str, Any]:
        return self.server.request("GET", f"{self.path}/changing")[1]["spec"]

    def can_have(self, **spec: Any) -> bool:
        """Whether another Service gets this at once; it is deleted again."""
        port = {"port": 80, **({"nodePort": spec.pop("nodePort")} if "nodePort" in spec else {})}
        other = {"metadata": {"name": "other"}, "spec": {"ports": [port], **spec}}
        status, answer = self.server.request("POST", self.path, other)
        if status == 201:
            self.server.request("DELETE", f"{self.path}/other")
        else:
            assert "already allocated" in answer["message"], answer
        return status == 201


@pytest.fixture(params=kubectls() or [pytest.param("", marks=pytest.mark.skip(reason="no kubectl"))],
                ids=lambda path: f"kubectl-{'.'.join(map(str, version(path)))}" if path else "none")  # fmt: skip
def session(request: pytest.FixtureRequest, apiserver: ApiServer, namespace: str, tmp_path: Path) -> Session:
    return Session(request.param, apiserver, namespace, tmp_path)


def check(session: Session, type_: str, address_before: str = "") -> str:
    """The Service is of that type, and holds what it should and no more. Returns its cluster IP, if it has one."""
    spec = session.spec()
    address = spec.get("clusterIP", "")
    ports = [port.get("nodePort", 0) for port in spec["ports"]]
    assert spec["type"] == (CLUSTER_IP if type_ == HEADLESS else type_)
    assert spec.get("clusterIPs", [address] if address else []) == ([address] if address else [])
    match type_:
        case "headless":
            assert (address, ports) == ("None", [0])
        case "ExternalName":
            assert (address, ports) == ("", [0])
            assert spec["externalName"] and not {"ipFamilies", "ipFamilyPolicy"} & spec.keys()
        case "ClusterIP":
            assert address not in ("", "None") and ports == [0]
        case _:
            assert address not in ("", "None") and ports[0] > 0
    assert ("externalTrafficPolicy" in spec) is (type_ in (NODE_PORT, LOAD_BALANCER))
    assert ("allocateLoadBalancerNodePorts" in spec) is (type_ == LOAD_BALANCER)
    if address_before and address != address_before:
        assert session.can_have(clusterIP=address_before)
    if address not in ("", "None"):
        assert not session.can_have(clusterIP=address)
    return address if address != "None" else ""


@pytest.mark.meant_for(lambda session: session == (newest() or ""))
def test_apply_leads_from_every_type_to_every_other(session: Session) -> None:
    """The whole round once; the other tests are for each kubectl."""
    address, at = "", ""
    for to, refusal in ROUND:
        applied = session.apply(to)
        if refusal:
            assert refusal in applied.stderr, f"{at} -> {to}: {applied}"
        else:
            assert applied.returncode == 0, f"{at} -> {to}: {applied.stderr}"
            at = to
        address = check(session, at, address)
        assert session.can_have(type=NODE_PORT, nodePort=PORT) is (at not in (NODE_PORT, LOAD_BALANCER)), at


@pytest.mark.meant_for(lambda session: session != newest() or len(kubectls()) == 1)  # that one goes the whole round
def test_apply(session: Session) -> None:
    address = ""
    for to in (NODE_PORT, LOAD_BALANCER, CLUSTER_IP, EXTERNAL_NAME, HEADLESS, EXTERNAL_NAME, NODE_PORT):
        applied = session.apply(to)
        assert applied.returncode == 0, f"-> {to}: {applied.stderr}"
        address = check(session, to, address)
    assert session.run("delete", "service", "changing").returncode == 0
    assert session.can_have(type=NODE_PORT, nodePort=PORT)
    assert session.can_have(clusterIP=address)


def test_apply_does_not_take_headlessness_away(session: Session) -> None:
    """The manifest no longer says `clusterIP: None`, but a Service keeps the address that it has, also none."""
    assert session.apply(HEADLESS).returncode == 0
    assert session.apply(CLUSTER_IP).returncode == 0
    check(session, HEADLESS)


PATCHES = [
    ("merge", {"type": NODE_PORT}, NODE_PORT),
    ("strategic", {"type": LOAD_BALANCER}, LOAD_BALANCER),
    ("merge", {"type": CLUSTER_IP}, CLUSTER_IP),
    ("strategic", {"type": EXTERNAL_NAME, "externalName": "a.example.com"}, EXTERNAL_NAME),
    ("merge", {"type": CLUSTER_IP, "clusterIP": "None"}, HEADLESS),
    ("merge", {"type": EXTERNAL_NAME, "externalName": "a.example.com"}, EXTERNAL_NAME),
    ("strategic", {"type": NODE_PORT, "externalName": None}, NODE_PORT),
]


def test_patch(session: Session) -> None:
    assert session.apply(CLUSTER_IP).returncode == 0
    address, held = check(session, CLUSTER_IP), 0
    for kind, spec, to in PATCHES:
        patched = session.patch(kind, spec)
        assert patched.returncode == 0, f"{kind} {spec}: {patched.stderr}"
        address = check(session, to, address)
        if held and to not in (NODE_PORT, LOAD_BALANCER):
            assert session.can_have(type=NODE_PORT, nodePort=held)
        held = session.spec()["ports"][0].get("nodePort", 0)
        assert not held or not session.can_have(type=NODE_PORT, nodePort=held)


EDITS = [
    (["s/type: ClusterIP/type: NodePort/"], NODE_PORT),
    (["s/type: NodePort/type: LoadBalancer/"], LOAD_BALANCER),
    (["s/type: LoadBalancer/type: ClusterIP/"], CLUSTER_IP),
    (["s/type: ClusterIP/type: ExternalName/", "s/^spec:/spec:\\n  externalName: a.example.com/"], EXTERNAL_NAME),
    (["s/type: ExternalName/type: ClusterIP/", "/externalName:/d", "s/^spec:/spec:\\n  clusterIP: None/"], HEADLESS),
]


def test_edit(session: Session) -> None:
    assert session.apply(CLUSTER_IP).returncode == 0
    address = ""
    for commands, to in EDITS:
        edited = session.edit(*commands)
        assert edited.returncode == 0, f"{commands}: {edited.stderr}"
        address = check(session, to, address)
