"""kubectl_lite with pods that run: streams, forwarded ports, a drain that a budget holds up; beside the real kubectl.

Where both print text it is compared, if there is a kubectl of 1.31 or later: earlier ones use other words.
"""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.interop.kubectl import Kubectl
from tests.interop.test_kubectl import WORKLOAD
from tests.support.cluster import ROOT, ApiServer
from tests.support.kubectls import newest, version


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds ours as a program that runs from anywhere."""
    made = tmp_path_factory.mktemp("ours")
    program = made / "kubectl_lite"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -m kubectl_lite "$@"\n')
    program.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def ours(cluster: ApiServer, new_namespace: Callable[[str], str], home: Path) -> Kubectl:
    """kubectl_lite, whose namespace holds a rolled out workload."""
    made = Kubectl(str(home / "kubectl_lite"), cluster.kubeconfig(), new_namespace("ours"), home)
    made("apply -f -", stdin=WORKLOAD)
    assert "successfully rolled out" in made("rollout status deploy/web --timeout=60s")
    return made


@pytest.fixture(scope="module")
def pod(ours: Kubectl) -> str:
    return ours("get pods -l app=web -o jsonpath={.items[0].metadata.name}")


@pytest.fixture(scope="module")
def theirs(cluster: ApiServer, ours: Kubectl, home: Path) -> Kubectl | None:
    """The real kubectl in the same namespace; None when there is none of today's."""
    program = modern()
    return Kubectl(program, cluster.kubeconfig(), ours.namespace, home) if program else None


def modern() -> str | None:
    program = newest()
    return program if program and version(program) >= (1, 31) else None


def same(ours: Kubectl, theirs: Kubectl | None, *lines: str) -> None:
    """Fails with each line that the two answer differently."""
    if theirs is None:
        return
    said = [[_said(program.run(*shlex.split(line))) for line in lines] for program in (theirs, ours)]
    different = [f"$ {line}\n{a}\n{b}" for line, a, b in zip(lines, *said, strict=True) if a != b]
    assert not different, "\n".join(different)


def _said(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, *(text.replace("kubectl_lite", "kubectl") for text in (done.stdout, done.stderr))


# ---- streams ----


def test_logs(ours: Kubectl, theirs: Kubectl | None, pod: str) -> None:
    assert ours(f"logs {pod}") == "one\ntwo\nthree\n"
    assert ours(f"logs {pod} -c main --tail=1") == "three\n"
    assert ours("logs deployment/web --tail=2").endswith("two\nthree\n")
    same(
        ours, theirs, f"logs {pod} --tail=2", f"logs {pod} --timestamps", f"logs {pod} -c nope", "logs deploy/web",
        "logs svc/web --tail=1", f"logs {pod} --limit-bytes=5", "logs -l app=web --tail=1 --prefix", f"logs {pod} -p",
    )  # fmt: skip


def test_logs_are_followed(ours: Kubectl, cluster: ApiServer, pod: str) -> None:
    uid = ours(f"get pod {pod} -o jsonpath={{.metadata.uid}}")
    with ours.background(f"logs -f {pod} --tail=1") as lines:
        assert next(lines) == "three"
        with (cluster.directory / f"{uid}-main-0.log").open("a") as log:
            log.write("2026-01-01T00:00:01.000000000Z stdout F four\n")
        assert next(lines) == "four"


def test_exec(ours: Kubectl, theirs: Kubectl | None, pod: str) -> None:
    done = ours.run("exec", pod, "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, "out\n")
    assert done.stderr == "err\ncommand terminated with exit code 7\n"
    assert ours(f"exec -i {pod} -- cat", stdin="through\n" * 5000) == "through\n" * 5000
    same(
        ours, theirs, f"exec {pod} -- sh -c 'exit 3'", "exec deploy/web -- echo hello", f"exec {pod} -c nope -- true",
        f"exec {pod} -- /no/such/program", f"exec -t {pod} -- echo x", "exec absent -- true", f"exec {pod}",
    )  # fmt: skip


def test_attach_shows_what_comes(ours: Kubectl, cluster: ApiServer, pod: str) -> None:
    """Only what is written from now on; so lines are written until the first arrives."""
    uid = ours(f"get pod {pod} -o jsonpath={{.metadata.uid}}")
    with ours.background(f"attach {pod}") as lines, _writing(cluster.directory / f"{uid}-main-0.log"):
        assert next(lines) == "tick"


def test_run_joins_its_pod(ours: Kubectl, cluster: ApiServer) -> None:
    with ours.background("run joined --image=one --attach --quiet") as lines:
        ours("wait pod/joined --for=create --timeout=60s")
        uid = ours("get pod joined -o jsonpath={.metadata.uid}")
        with _writing(cluster.directory / f"{uid}-joined-0.log"):
            assert next(lines) == "tick"


ENDED = {
    "phase": "Failed",
    "containerStatuses": [{
        "name": "quick", "image": "broken", "imageID": "", "ready": False, "restartCount": 0,
        "state": {"terminated": {"exitCode": 7, "reason": "Error"}},
    }],
}  # fmt: skip


@pytest.mark.parametrize("who", ["ours", "theirs"])
@pytest.mark.meant_for(lambda who: who == "ours" or modern())
def test_run_shows_the_log_of_a_pod_that_was_quick_and_ends_with_its_code(
    ours: Kubectl, theirs: Kubectl | None, who: str
) -> None:
    """The stand-in's pods of a broken image wait for ever; this one is said to have ended meanwhile."""
    running = ours if who == "ours" else theirs
    line = [running.program, "-n", ours.namespace, *["run", "quick", "--image=broken", "-i", "--rm", "--restart=Never"]]
    with subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=running.environment,
    ) as process:  # fmt: skip
        ours("wait pod/quick --for=create --timeout=60s")
        ours("wait pod/quick --for=jsonpath={.status.containerStatuses[0].state.waiting.reason} --timeout=60s")
        ours("patch pod quick --subresource=status --type=merge -p", json.dumps({"status": ENDED}))
        out, err = process.communicate(timeout=60)
    assert out == 'one\ntwo\nthree\npod "quick" deleted\n'
    assert f"pod {ours.namespace}/quick terminated (Error)" in err.splitlines(), err
    assert process.returncode == 7


def _writing(path: Path) -> subprocess.Popen[bytes]:
    """A process that writes a line of log now and then, until the block ends."""
    line = "2026-01-01T00:00:02.000000000Z stdout F tick"
    return _Ended(["sh", "-c", f"while sleep 0.2; do echo '{line}' >>'{path}'; done"])


class _Ended(subprocess.Popen[bytes]):
    def __exit__(self, *error: object) -> None:
        self.terminate()
        super().__exit__(*error)  # type: ignore[arg-type]


def test_cp(ours: Kubectl, theirs: Kubectl | None, pod: str, tmp_path: Path) -> None:
    """The pod's files are this machine's, so that both ends can be looked at."""
    folder = tmp_path / "from"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_text("copied")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    assert ours(f"cp {folder} {pod}:{tmp_path}/there") == ""
    assert (tmp_path / "there/deep/file").read_text() == "copied"
    assert (tmp_path / "there/run").stat().st_mode & 0o777 == 0o755
    ours(f"cp {ours.namespace}/{pod}:{tmp_path}/there {tmp_path}/back")
    assert (tmp_path / "back/deep/file").read_text() == "copied"
    ours(f"cp {pod}:{tmp_path}/there/deep/file {tmp_path}/one -c main")
    assert (tmp_path / "one").read_text() == "copied"
    same(
        ours, theirs, f"cp /no/such/file {pod}:/tmp/x", f"cp {folder} {tmp_path}/x", f"cp {pod}:/a {pod}:/b",
        f"cp {pod}: /tmp/x", "cp one",
    )  # fmt: skip
    ours.fails(f"cp {pod}:{tmp_path}/absent {tmp_path}/nothing", code=2)
    assert not (tmp_path / "nothing").exists()


# ---- ports ----


@pytest.mark.parametrize("what", ["pod", "deploy/web", "svc/forwarded"])
def test_port_forward(ours: Kubectl, pod: str, echo_port: int, what: str) -> None:
    if what == "svc/forwarded":
        ours(f"create service clusterip forwarded --tcp=80:{echo_port}")
        ours("set selector svc forwarded app=web")
    remote = 80 if what.startswith("svc") else echo_port
    with ours.background(f"port-forward {pod if what == 'pod' else what} :{remote}") as lines:
        said = re.fullmatch(rf"Forwarding from 127\.0\.0\.1:(\d+) -> {echo_port}", next(lines))
        assert said
        for word in (b"one\n", b"two\n"):
            with socket.create_connection(("127.0.0.1", int(said[1])), 30) as connection:
                connection.sendall(word)
                assert connection.makefile("rb").read() == b"echo: " + word


def test_proxy(ours: Kubectl, pod: str) -> None:
    """The API without a token; what kubectl refuses is refused."""
    with ours.background("proxy --port=0") as lines:
        address = next(lines).removeprefix("Starting to serve on ")
        path = f"http://{address}/api/v1/namespaces/{ours.namespace}/pods/{pod}"
        with urlopen(path, timeout=30) as answer:
            assert json.load(answer)["metadata"]["name"] == pod
        with urlopen(f"{path}/log?tailLines=1", timeout=30) as answer:
            assert answer.read().endswith(b"\n")
        with pytest.raises(HTTPError, match="403"):
            urlopen(f"{path}/attach", timeout=30)


# ---- drain ----

GUARDED = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: guarded}
spec:
  replicas: 1
  selector: {matchLabels: {app: guarded}}
  template:
    metadata: {labels: {app: guarded}}
    spec: {containers: [{name: main, image: one}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: guarded}
spec: {minAvailable: 1, selector: {matchLabels: {app: guarded}}}
"""


@pytest.mark.parametrize("who", ["ours", "theirs"])
@pytest.mark.meant_for(lambda who: who == "ours" or modern())
def test_a_budget_holds_a_drain_up_and_lets_it_go(ours: Kubectl, theirs: Kubectl | None, who: str) -> None:
    draining = ours if who == "ours" else theirs
    ours("apply -f -", stdin=GUARDED)
    ours("rollout status deploy/guarded --timeout=60s")
    ours("wait pdb/guarded --for=jsonpath={.status.expectedPods}=1 --timeout=60s")
    name = ours("get pods -l app=guarded -o jsonpath={.items[0].metadata.name}")
    evicting = f"evicting pod {ours.namespace}/{name}"
    try:
        with draining.background("drain node1 --pod-selector=app=guarded") as lines:
            assert next(lines) == "node/node1 cordoned"
            assert [next(lines), next(lines)] == [evicting, evicting]  # the second time because of the budget
            assert ours(f"get pod {name} -o name") == f"pod/{name}\n"
            ours("patch pdb guarded --type=merge -p", '{"spec":{"minAvailable":0}}')
            assert [line for line in lines if line != evicting] == [f"pod/{name} evicted", "node/node1 drained"]
    finally:
        ours("uncordon node1")


# ---- auth reconcile ----

ROLES = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ROLE, labels: {made: here}}
rules:
- {apiGroups: [""], resources: [pods], verbs: [get, list]}
- {apiGroups: [apps], resources: [deployments], verbs: [RULE]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ROLE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ROLE}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: RULE}]
"""
STEPS = [("get", ""), ("get", ""), ("watch", ""), ("patch", "--remove-extra-permissions --remove-extra-subjects"),
         ("list", "--dry-run=client")]  # fmt: skip


def test_auth_reconcile(ours: Kubectl, tmp_path: Path) -> None:
    """What is missing is added; what is too much goes only when asked for; a dry run changes nothing."""
    for rule, flags in STEPS:
        (tmp_path / "roles.yaml").write_text(ROLES.replace("ROLE", "mine").replace("RULE", rule))
        said = ours(f"auth reconcile -f {tmp_path}/roles.yaml {flags}")
        assert [line.split()[1] for line in said.splitlines()] == ["reconciled", "reconciled"]
    role = json.loads(ours("get role mine -o json"))
    assert [rule["verbs"] for rule in role["rules"]] == [["get", "list"], ["patch"]]
    assert ours("get rolebinding mine -o jsonpath={.subjects[*].name}") == "patch"
