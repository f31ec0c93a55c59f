"""One scenario through every kubectl: Debian's 1.20, the one on PATH, and those that $KUBECTLS names."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interop.kubectl import Kubectl
from tests.support.cluster import ApiServer
from tests.support.kubectls import kubectls, version

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: one, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1", b: "before"}
"""


def name_of(program: str) -> str:
    return "{}.{}".format(*version(program))


@pytest.fixture(scope="module", params=kubectls(), ids=name_of)
def kubectl(
    request: pytest.FixtureRequest, cluster: ApiServer, new_namespace: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Kubectl:  # fmt: skip
    """A kubectl whose namespace holds a rolled out workload."""
    home = tmp_path_factory.mktemp("home")
    made = Kubectl(request.param, cluster.kubeconfig(), new_namespace("kubectl"), home)
    (home / "workload.yaml").write_text(WORKLOAD)
    made(f"apply -f {home}/workload.yaml")
    made("rollout status deploy/web --timeout=60s")
    return made


def since(*least: int) -> pytest.MarkDecorator:
    """For a test of what that version of kubectl brought."""
    return pytest.mark.meant_for(lambda kubectl: version(kubectl) >= least)


# ---- apply, create, diff ----


def test_apply(kubectl: Kubectl) -> None:
    assert kubectl("apply -f -", stdin=SETTINGS) == "configmap/settings created\n"
    assert kubectl("apply -f -", stdin=SETTINGS) == "configmap/settings unchanged\n"
    changed = SETTINGS.replace('a: "1", ', 'c: "3", ')
    assert '-  a: "1"' in kubectl.fails("diff -f -", stdin=changed)
    assert kubectl("apply --dry-run=server -f -", stdin=changed) == "configmap/settings configured (server dry run)\n"
    assert kubectl("apply -f -", stdin=changed) == "configmap/settings configured\n"
    assert kubectl("diff -f -", stdin=changed) == ""
    assert json.loads(kubectl("get cm settings -o json"))["data"] == {"b": "before", "c": "3"}


def test_apply_on_the_server(kubectl: Kubectl) -> None:
    one = SETTINGS.replace("settings", "serverside")
    assert kubectl("apply --server-side -f -", stdin=one) == "configmap/serverside serverside-applied\n"
    assert kubectl("apply --server-side -f -", stdin=one) == "configmap/serverside serverside-applied\n"
    two = one.replace('"1"', '"2"')
    said = kubectl.fails("apply --server-side --field-manager=other -f -", stdin=two)
    assert re.search(r'conflict with "kubectl"( using v1)?.*\.data\.a', said.replace("\n", " ")), said
    kubectl("apply --server-side --field-manager=other --force-conflicts -f -", stdin=two)
    assert kubectl("get cm serverside -o jsonpath={.data.a}") == "2"


def test_objects_that_are_not_right(kubectl: Kubectl) -> None:
    wrong = SETTINGS.replace("settings", "wrong").replace("data:", "dada:")
    said = kubectl.fails("create -f -", stdin=wrong)
    assert 'unknown field "dada"' in said
    said = kubectl.fails("create -f -", stdin=WORKLOAD.split("---")[0].replace("matchLabels: {app: web}", "").replace(
        "name: web,", "name: wrong,"))  # fmt: skip
    assert "selector" in said
    assert kubectl.fails("create configmap web --from-literal=.../a=b")
    kubectl("create configmap once")
    assert "(AlreadyExists)" in kubectl.fails("create -f -", stdin=SETTINGS.replace("settings", "once"))
    assert "(NotFound)" in kubectl.fails("get configmap absent")


def test_create(kubectl: Kubectl) -> None:
    """Since 1.32 these bodies are protobuf, and so are the answers."""
    assert kubectl("create configmap made --from-literal=k=v") == "configmap/made created\n"
    assert kubectl("create secret generic made --from-literal=k=v") == "secret/made created\n"
    assert kubectl("create serviceaccount made") == "serviceaccount/made created\n"
    assert kubectl("create role made --verb=get,list --resource=configmaps").endswith("/made created\n")
    assert kubectl("create rolebinding made --role=made --serviceaccount", f"{kubectl.namespace}:made")
    who = f"system:serviceaccount:{kubectl.namespace}:made"
    assert kubectl(f"auth can-i get configmaps --as {who}") == "yes\n"
    assert kubectl.run("auth", "can-i", "delete", "configmaps", "--as", who).stdout == "no\n"
    assert "(Forbidden)" in kubectl.fails(f"delete configmap made --as {who}")
    assert kubectl("create deployment made --image=one").endswith("/made created\n")
    assert kubectl("expose deployment made --port=80 --type=NodePort") == "service/made exposed\n"
    assert kubectl("run made --image=one") == "pod/made created\n"
    assert kubectl("get secret made -o go-template={{.data.k}}") == "dg=="


@since(1, 24)
def test_tokens(kubectl: Kubectl) -> None:
    kubectl("create serviceaccount bot")
    token = kubectl("create token bot --duration=20m").strip()
    assert token.count(".") == 2
    if kubectl.version >= (1, 28):
        assert f"system:serviceaccount:{kubectl.namespace}:bot" in kubectl(f"auth whoami --token {token}")


# ---- get ----


def test_every_output(kubectl: Kubectl) -> None:
    head, row = kubectl("get deploy web").splitlines()
    assert head.split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"] and row.startswith("web ")
    assert "SELECTOR" in kubectl("get deploy web -o wide").splitlines()[0]
    assert "kind: Service\n" in kubectl("get svc web -o yaml")
    service = json.loads(kubectl("get svc web -o json"))
    assert service["spec"]["ports"][0]["targetPort"] == 8080
    assert kubectl("get svc,deploy web -o name") == "service/web\ndeployment.apps/web\n"
    assert kubectl("get svc web -o jsonpath={.spec.clusterIP}") == service["spec"]["clusterIP"]
    assert kubectl("get svc web -o go-template={{.spec.clusterIP}}") == service["spec"]["clusterIP"]
    columns = kubectl("get svc web --no-headers -o custom-columns=A:.metadata.name,B:.spec.ports[*].port")
    assert columns.split() == ["web", "80"]
    assert kubectl("get svc web --show-labels").splitlines()[1].endswith("app=web")
    assert kubectl("get pods -l app=web --field-selector=status.phase=Running -o name").count("pod/web-") == 2
    everything = kubectl("get all -l app=web -o name")
    assert all(kind in everything for kind in ("pod/", "service/", "deployment.apps/", "replicaset.apps/"))
    assert "kubernetes" in kubectl("get svc -A --chunk-size=1 --sort-by=.metadata.name")
    assert kubectl("get --raw /readyz") == "ok"


def test_watch(kubectl: Kubectl) -> None:
    with kubectl.background("get cm -w -o name --field-selector=metadata.name=seen") as lines:
        kubectl("create configmap seen --from-literal=a=1")
        assert next(lines) == "configmap/seen"
        kubectl("annotate configmap seen note=one")
        assert next(lines) == "configmap/seen"
    with kubectl.background("get pods -w -l app=seen") as lines:
        kubectl("run seen --image=one -l app=seen")
        assert next(lines).split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
        assert any(line.split()[:3] == ["seen", "1/1", "Running"] for line in lines)


def test_describe(kubectl: Kubectl) -> None:
    assert re.search(r"Replicas: +\d+ desired \| \d+ updated", kubectl("describe deploy web"))
    assert re.search(r"Endpoints: +10\.244\.\d+\.\d+:8080", kubectl("describe svc web"))
    assert "node1" in kubectl("describe node node1")


# ---- changes ----


def test_patches(kubectl: Kubectl) -> None:
    kubectl("create deployment patched --image=one --port=80 --replicas=0")
    main = '{"spec":{"template":{"spec":{"containers":[{"name":"one","image":"%s"}]}}}}'
    assert kubectl("patch deploy patched -p", main % "two") == "deployment.apps/patched patched\n"
    ports = "get deploy patched -o jsonpath={.spec.template.spec.containers[0].ports[0].containerPort}"
    assert kubectl(ports) == "80"
    assert kubectl("patch deploy patched -p", main % "two") == "deployment.apps/patched patched (no change)\n"
    kubectl("patch deploy patched --type=merge -p", main % "three")
    assert kubectl(ports) == ""
    kubectl("patch deploy patched --type=json -p", '[{"op":"add","path":"/metadata/labels/a","value":"b"}]')
    assert kubectl("get deploy -l a=b -o name") == "deployment.apps/patched\n"
    said = kubectl.fails("patch deploy patched --type=json -p", '[{"op":"remove","path":"/metadata/nothing"}]')
    assert said.startswith("The request is invalid")


def test_label_annotate_edit(kubectl: Kubectl) -> None:
    kubectl("create configmap edited --from-literal=a=before")
    assert kubectl("label cm edited tier=front") == "configmap/edited labeled\n"
    assert "--overwrite is false" in kubectl.fails("label cm edited tier=back")
    kubectl("label cm edited tier=back --overwrite")
    assert kubectl("get cm -l tier=back -o name") == "configmap/edited\n"
    kubectl("label cm edited tier-")
    assert kubectl("annotate cm edited note=text").startswith("configmap/edited annotate")  # 1.27 leaves out the d
    assert kubectl("edit cm edited") == "configmap/edited edited\n"
    found = json.loads(kubectl("get cm edited -o json"))
    assert (found["data"], found["metadata"]["annotations"]) == ({"a": "after"}, {"note": "text"})
    assert "labels" not in found["metadata"]
    assert "Edit cancelled, no changes made." in kubectl.run("edit", "cm", "edited").stderr


def test_scale_and_rollouts(kubectl: Kubectl) -> None:
    kubectl("create deployment rolled --image=one")
    assert kubectl("scale deploy rolled --replicas=2") == "deployment.apps/rolled scaled\n"
    said = kubectl.fails("scale deploy rolled --current-replicas=7 --replicas=1")
    assert "Expected replicas to be 7" in said
    assert "successfully rolled out" in kubectl("rollout status deploy rolled --timeout=60s")
    assert kubectl("set image deploy rolled one=two") == "deployment.apps/rolled image updated\n"
    assert "successfully rolled out" in kubectl("rollout status deploy rolled --timeout=60s")
    history = kubectl("rollout history deploy rolled")
    assert [line.split()[0] for line in history.splitlines() if line[:1].isdigit()] == ["1", "2"]
    assert re.search(r"Image:\s+two", kubectl("rollout history deploy rolled --revision=2"))
    assert kubectl("rollout undo deploy rolled") == "deployment.apps/rolled rolled back\n"
    assert "successfully rolled out" in kubectl("rollout status deploy rolled --timeout=60s")
    history = kubectl("rollout history deploy rolled")
    assert [line.split()[0] for line in history.splitlines() if line[:1].isdigit()] == ["2", "3"]
    assert kubectl("get deploy rolled -o jsonpath={..image}") == "one"
    assert kubectl("rollout pause deploy rolled") == "deployment.apps/rolled paused\n"
    assert kubectl("rollout resume deploy rolled") == "deployment.apps/rolled resumed\n"
    assert kubectl("rollout restart deploy rolled") == "deployment.apps/rolled restarted\n"


# ---- delete, wait ----


def test_delete_and_wait(kubectl: Kubectl) -> None:
    kubectl("create deployment short --image=one")
    assert "condition met" in kubectl("wait --for=condition=Available deploy/short --timeout=60s")
    with kubectl.background("wait --for=delete pod -l app=short --timeout=60s") as lines:
        assert kubectl("delete deploy short --cascade=foreground").startswith('deployment.apps "short" deleted')
        assert all("condition met" in line for line in lines)
    assert kubectl("get deploy,rs,pods -l app=short -o name --ignore-not-found") == ""
    kubectl("create deployment orphaning --image=one --replicas=0")
    kubectl("wait --for=condition=Available deploy/orphaning --timeout=60s")
    kubectl("delete deploy orphaning --cascade=orphan")
    assert kubectl("get rs -l app=orphaning -o name").startswith("replicaset.apps/orphaning-")
    kubectl("delete rs -l app=orphaning --wait=false")
    kubectl("run quick --image=one")
    assert 'pod "quick"' in kubectl("delete pod quick --now")
    assert kubectl("delete pod quick --ignore-not-found") == ""


@since(1, 30)
def test_initial_events_of_a_watch(kubectl: Kubectl) -> None:
    """Newer clients ask for a list as the beginning of a watch; these do so when told to."""
    streaming = {"KUBE_FEATURE_WatchListClient": "true"}
    kubectl("create deployment streamed --image=one")
    for line in ("rollout status deploy streamed --timeout=60s",
                 "wait --for=condition=Available deploy/streamed --timeout=60s",
                 "delete deploy streamed --timeout=60s"):  # fmt: skip
        done = kubectl.run(*line.split(), **streaming)
        assert done.returncode == 0, f"$ kubectl {line}\n{done.stdout}{done.stderr}"
        assert "falling back" not in done.stderr


@since(1, 24)
def test_wait_for_a_value(kubectl: Kubectl) -> None:
    kubectl("run valued --image=one")
    assert "condition met" in kubectl("wait --for=jsonpath={.status.phase}=Running pod/valued --timeout=60s")


# ---- nodes ----


def test_nodes(kubectl: Kubectl) -> None:
    assert kubectl("cordon node1") == "node/node1 cordoned\n"
    assert "Ready,SchedulingDisabled" in kubectl("get node node1")
    assert kubectl("uncordon node1") == "node/node1 uncordoned\n"
    assert kubectl("taint node node1 walked=by:PreferNoSchedule") == "node/node1 tainted\n"
    assert "walked=by:PreferNoSchedule" in kubectl("describe node node1")
    assert kubectl("taint node node1 walked-") == "node/node1 untainted\n"
    if kubectl.version >= (1, 27):  # 1.20 looks for custom resources before it tries anything
        said = kubectl("drain node1 --dry-run=server --force --ignore-daemonsets --pod-selector=app=web")
        assert said.count("evicting pod") >= 2
    assert "Metrics API not available" in kubectl.fails("top nodes")


def test_what_may_change_in_a_running_pod(kubectl: Kubectl) -> None:
    kubectl("run changing --image=one")
    kubectl("wait --for=condition=Ready pod/changing --timeout=60s")
    if kubectl.version >= (1, 27):  # 1.20 sends a kind that is no more
        kubectl("debug changing --image=two -c looking --attach=false")
        assert kubectl("get pod changing -o jsonpath={.spec.ephemeralContainers[*].name}") == "looking"
    if kubectl.version >= (1, 32):
        more = '{"spec":{"containers":[{"name":"changing","resources":{"requests":{"cpu":"10m"}}}]}}'
        said = kubectl.fails("patch pod changing --subresource=resize -p", more)
        assert 'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing' in said


# ---- what there is, and who may ----


def test_documents(kubectl: Kubectl) -> None:
    assert "replicas" in kubectl("explain deployment.spec.replicas").lower()
    assert "containers" in kubectl("explain pod.spec --recursive")
    assert "A block device of a Ceph cluster" in kubectl("explain pod.spec.volumes.rbd")
    resources = set(kubectl("api-resources --namespaced=true -o name").split())
    assert {"pods", "deployments.apps", "endpointslices.discovery.k8s.io", "leases.coordination.k8s.io"} <= resources
    assert {"v1", "apps/v1", "networking.k8s.io/v1"} <= set(kubectl("api-versions").split())
    assert "v1." in kubectl("version -o yaml")
    assert kubectl("cluster-info").count("is running at") >= 1
    assert '"kind": "ReplicationControllerList"' in kubectl(f"cluster-info dump --namespaces {kubectl.namespace}")


def test_permissions(kubectl: Kubectl) -> None:
    assert kubectl("auth can-i create deployments") == "yes\n"
    assert kubectl.run("auth", "can-i", "create", "deployments", "--as", "nobody").stdout == "no\n"
    assert "*.*" in kubectl("auth can-i --list")


def test_events(kubectl: Kubectl) -> None:
    assert "ScalingReplicaSet" in kubectl("get events --field-selector involvedObject.name=web")
    if kubectl.version >= (1, 26):
        assert "ScalingReplicaSet" in kubectl("events --for deploy/web")


# ---- streams ----


def test_exec_logs_and_cp(kubectl: Kubectl, tmp_path: Path) -> None:
    """Some kubectls (1.32 does) throw away what comes before they are ready for it ("Unknown stream id 1, discarding
    message"): what is run here takes a moment before it says anything."""
    pod = kubectl("get pods -l app=web -o jsonpath={.items[0].metadata.name}")
    done = kubectl.run("exec", pod, "--", "sh", "-c", "sleep 0.3; echo out; echo err >&2; exit 7")
    assert (done.stdout, done.returncode) == ("out\n", 7) and "err\n" in done.stderr
    assert kubectl(f"exec -i {pod} -- cat", stdin="through\n" * 5000) == "through\n" * 5000
    assert kubectl("exec deploy/web -- sh -c", "sleep 0.3; echo hello") == "hello\n"
    assert kubectl(f"logs {pod}") == "one\ntwo\nthree\n"
    assert kubectl("logs -l app=web --tail=1 --prefix").count("three") == 2
    (tmp_path / "from").write_text("copied")
    kubectl(f"cp {tmp_path}/from {pod}:{tmp_path}/to")
    assert (tmp_path / "to").read_text() == "copied"


def test_port_forward(kubectl: Kubectl, echo_port: int) -> None:
    pod = kubectl("get pods -l app=web -o jsonpath={.items[0].metadata.name}")
    with kubectl.background(f"port-forward {pod} :{echo_port}") as lines:
        port = int(next(lines).split(":")[1].split(" ")[0])  # Forwarding from 127.0.0.1:40001 -> 8080
        for word in (b"one\n", b"two\n"):
            with socket.create_connection(("127.0.0.1", port), 30) as connection:
                connection.sendall(word)
                assert connection.makefile("rb").read() == b"echo: " + word
