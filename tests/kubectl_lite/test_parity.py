"""kubectl_lite against the real kubectl, on one server, line by line. Ages and generated names are normalised."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kubectl_lite.__main__ import main
from tests.support.cluster import ApiServer
from tests.support.kubectls import newest, version

Run = Callable[[str, str], tuple[int, str, str]]

MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: my-nginx, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: docker.io/nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: myapp}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1", b: "two"}
"""

READS = [
    "get svc,deploy,cm",
    "get svc myapp -o wide",
    "get svc myapp -o yaml",
    "get svc myapp -o json",
    "get deploy -o name",
    "get cm settings -o jsonpath={.data.a}",
    "get svc -o custom-columns=NAME:.metadata.name,PORTS:.spec.ports[*].port",
    "get svc --show-labels",
    "get deploy -L app",
    "get deploy my-nginx --no-headers",
    "get deploy/my-nginx svc/myapp",
    "get svc absent",
    "get svc absent --ignore-not-found",
    "get nosuchtype",
    "get pods",
    "get svc --sort-by=.metadata.name",
    "get svc --field-selector=metadata.name=myapp",
    "get --raw /version",
    "get --raw /api/v1/nosuch",
    "get --raw version",
    "get --raw /version pods",
    "get --raw /version -o yaml",
    "get --raw /version -w",
    "get cm -l app=nothing",
    "api-resources --namespaced=false -o name",
    "api-versions",
    "cordon nosuch",
    "rollout status svc myapp",
    "rollout undo deploy my-nginx",
    "describe svc myapp",
    "describe deploy my-nginx",
]

# Words that follow one another, in a namespace where MANIFESTS have been applied.
CHANGES = [
    "scale deploy my-nginx --replicas=2",
    "scale deploy/my-nginx --replicas=4 --current-replicas=9",
    "scale deploy my-nginx --replicas=2 --dry-run=client",
    "label svc myapp tier=front",
    "label svc myapp tier=back",
    "label svc myapp tier=back --overwrite",
    "label svc myapp tier-",
    "label svc,cm --all x=y",
    "label svc absent a=b",
    "annotate svc myapp note=one",
    "annotate svc myapp note=two",
    "annotate svc myapp note-",
    'patch svc myapp -p {"spec":{"sessionAffinity":"ClientIP"}}',
    'patch svc myapp -p {"spec":{"sessionAffinity":"ClientIP"}}',
    "patch svc absent -p {}",
    "create configmap c1 --from-literal=a=b --from-literal=c=d",
    "create configmap c1 --from-literal=a=b",
    "create secret generic s1 --from-literal=p=q",
    "create deployment d1 --image=nginx --port=80 --replicas=2",
    "create deployment d1 --image=nginx",
    "create service clusterip sv1 --tcp=80:8080",
    "create service clusterip sv1",
    "create service externalname sv4 --external-name=example.com",
    "create sa bot",
    "create role r1 --verb=get,list --resource=pods,deployments.apps",
    "create rolebinding rb1 --role=r1 --serviceaccount=default:bot",
    "rollout status deploy my-nginx --watch=false",
    "rollout pause deploy my-nginx",
    "rollout resume deploy my-nginx",
    "rollout restart deploy/my-nginx",
    "run p1 --image=nginx --port=80 --env=A=b",
    "expose deploy my-nginx --name=e1",
    "expose deploy my-nginx --name=e2 --port=80,81 --type=NodePort",
]

# kubectl's words for these have changed since Debian's 1.20; ours are those of today.
SINCE_1_31 = {
    "get svc myapp -o yaml",
    "get svc myapp -o json",
    "describe svc myapp",
    "describe deploy my-nginx",
    "delete cm",
    "label svc myapp tier-",
    "create service clusterip sv1",
    "scale deploy my-nginx --replicas=2 --dry-run=client",
    "create configmap c1 --from-literal=a=b",
}


def comparable(steps: list[str], kubectl: str) -> list[str]:
    """The steps whose words this kubectl shares."""
    return [step for step in steps if version(kubectl) >= (1, 31) or step not in SINCE_1_31]


@pytest.fixture(scope="module")
def kubectl() -> str:
    found = newest()
    assert found, "no kubectl: `make test` puts Debian's into .cache/kubectl"
    return found


@pytest.fixture
def run(
    apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command line of either program; ours in this process, which spares its start."""
    monkeypatch.setenv("KUBECONFIG", str(apiserver.kubeconfig()))
    monkeypatch.setenv("HOME", str(tmp_path))

    def run(program: str, line: str) -> tuple[int, str, str]:
        if program == "kubectl_lite":
            code, (out, err) = main(line.split()), capsys.readouterr()
        else:
            done = subprocess.run([program, *line.split()], capture_output=True, text=True, check=False)
            code, out, err = done.returncode, done.stdout, done.stderr
        return code, normal(out), normal(err)

    return run


def difference(line: str, ours: tuple[int, str, str], theirs: tuple[int, str, str]) -> list[str]:
    """The lines that differ, under the command line; nothing when all is the same."""
    a, b = (f"exit {code}\n{out}---\n{err}".splitlines() for code, out, err in (theirs, ours))
    found = list(difflib.unified_diff(a, b, "kubectl", "kubectl_lite", lineterm="", n=1))
    return [f"$ {line}", *found] if found else []


def normal(text: str) -> str:
    """Without what differs from one second to the next: ages, and the blanks around them, which fill their column."""
    text = re.sub(r" +(AGE|\d+[smh](\d+s)?)\b *", " AGE ", text)
    return text.replace("kubectl_lite", "kubectl")


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    path = tmp_path / "manifests.yaml"
    path.write_text(MANIFESTS)
    return path


@pytest.fixture
def applied(apiserver: ApiServer, run: Run, manifests: Path) -> str:
    """A namespace that holds the manifests."""
    name = f"parity-{os.getpid()}"
    body = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}}
    apiserver.request("POST", "/api/v1/namespaces", body)
    assert run("kubectl_lite", f"apply -n {name} -f {manifests}")[0] == 0
    return name


def test_reads_print_the_same(run: Run, kubectl: str, applied: str) -> None:
    different = []
    for line in comparable(READS, kubectl):
        ours, theirs = run("kubectl_lite", f"-n {applied} {line}"), run(kubectl, f"-n {applied} {line}")
        different += difference(line, ours, theirs)
    assert not different, "\n".join(different)


PAIRED = """
apiVersion: v1
kind: Service
metadata: {name: paired}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: paired}
"""


def test_writes_say_the_same(apiserver: ApiServer, run: Run, kubectl: str, manifests: Path) -> None:
    """The same steps by each program, each in a namespace of its own."""
    bad = manifests.with_name("bad.yaml")
    bad.write_text(MANIFESTS.replace("app: web}}\n    spec", "app: other}}\n    spec").split("---")[0])
    paired = manifests.with_name("paired.yaml")
    paired.write_text(PAIRED)
    no_yaml = manifests.with_name("no.yaml")
    no_yaml.write_text("a: b: c\n")
    steps = [
        f"apply -f {manifests}",
        f"apply -f {manifests}",
        f"create -f {manifests}",
        "get svc myapp -o name",
        f"apply -f {bad}",
        f"apply -f {no_yaml}",
        "apply -f /nonexistent.yaml",
        *CHANGES,
        "delete svc myapp",
        "delete svc myapp",
        "delete svc myapp --ignore-not-found",
        "delete cm",
        f"delete -f {manifests} --ignore-not-found",
        f"apply --dry-run=server -f {manifests}",
        f"apply --dry-run=client -f {manifests}",
        f"apply --server-side -f {manifests}",
        "delete deploy,svc,cm -l app=web",
        "delete cm --all",
        f"create -f {paired}",
        "delete svc,ep --all",  # the Endpoints are listed, and gone with their Service when their turn comes
    ]
    steps = comparable(steps, kubectl)
    said: dict[str, list[tuple[int, str, str]]] = {}
    for program in ("kubectl_lite", kubectl):
        namespace = f"writes-{'ours' if program == 'kubectl_lite' else 'theirs'}-{os.getpid()}"
        body = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": namespace}}
        apiserver.request("POST", "/api/v1/namespaces", body)
        said[program] = [_elsewhere(run(program, f"-n {namespace} {step}"), namespace) for step in steps]
    different = []
    for step, ours, theirs in zip(steps, said["kubectl_lite"], said[kubectl], strict=True):
        different += difference(step, ours, theirs)
    assert not different, "\n".join(different)


def _elsewhere(said: tuple[int, str, str], namespace: str) -> tuple[int, str, str]:
    code, out, err = said
    return code, out.replace(namespace, "NS"), err.replace(namespace, "NS")
