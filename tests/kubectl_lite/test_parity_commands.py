"""More of kubectl_lite against the real kubectl, each program in a namespace (and with a kubeconfig) of its own.

The words are those of kubectl since 1.31; without such a kubectl there is nothing to compare them with.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from kubectl_lite.__main__ import main
from tests.kubectl_lite.test_parity import MANIFESTS, difference, normal
from tests.support.cluster import ApiServer
from tests.support.kubectls import newest, version

EXPLAIN = """\
explain svc
explain deploy.spec.strategy
explain svc --recursive
explain pods.spec.containers.resources.limits
explain svc.nope
explain nope
explain deployments --api-version=apps/v2
explain deployments.apps.spec
"""

AUTH = """\
auth can-i --list
auth can-i get pods
auth can-i get pods --as bob
auth can-i get nope
auth can-i get /healthz --as bob
auth can-i xx pods
auth can-i create sa --as bob -q
auth can-i get node
auth whoami
auth can-i
top node
"""

CONFIG = """\
config view
config get-contexts
config set-context foo --namespace=bar --cluster=c1 --user=u1
config set-cluster c1 --server=https://1.2.3.4 --insecure-skip-tls-verify=true
config set-credentials u1 --token=abc
config set-credentials u2 --username=abc --password=x
config set-credentials u2 --token=x --username=x
config view
config view --minify -o json
config view --raw
config set contexts.foo.namespace other
config unset contexts.foo.namespace
config set clusters.c1.insecure-skip-tls-verify false
config unset users.u1
config delete-cluster c1
config use-context foo
config rename-context foo bar
config get-contexts -o name
config set-context --current --namespace=x
config delete-context bar
config use-context nope
config delete-user u3
config set a b
config view
"""

CHANGE = """\
apply -f M
set image deploy/my-nginx web=nginx:1.27
set image deploy my-nginx web=nginx:1.27
set image deploy/my-nginx nope=nginx
set image svc/myapp web=x
set image
set env deploy/my-nginx A=b C=d
set env deploy/my-nginx --list
set env deploy/my-nginx C-
create configmap one --from-literal=a=1
set env deploy/my-nginx --from=configmap/one
set env deploy/my-nginx A=z --overwrite=false
set env deploy/my-nginx --list --resolve
set resources deploy/my-nginx --limits=cpu=200m,memory=512Mi --requests=cpu=100m
set resources deploy/my-nginx
set selector svc myapp app=other
set sa deploy my-nginx bot
create rolebinding rb1 --role=r1 --user=a
set subject rolebinding rb1 --user=bob --group=devs
get deploy my-nginx -o jsonpath={.spec.template.spec.containers[0]}
diff -f M
replace -f M
replace -f M --grace-period=1
replace
get svc myapp -o yaml
EDITOR=true edit svc myapp
EDITOR=false edit svc myapp
EDITOR=sed\\ -i\\ s/port:.80/port:\\ 82/ edit svc myapp
EDITOR=sed\\ -i\\ s/name:.http/name:\\ web/ edit svc/myapp -o yaml
edit svc absent
edit
wait deploy/my-nginx --for=condition=Nope --timeout=0
wait svc/myapp --for=jsonpath={.spec.type}=ClusterIP
wait svc/absent --for=delete
wait svc/absent --for=condition=Ready
wait svc/myapp --for=xxx
run p2 --image=nginx
describe pod p2
get pods -L run --show-labels
describe cm one
describe rolebinding rb1
describe sa default
describe ns default
events
events --types=Nope
cluster-info
logs
logs absent
logs cm/settings
exec absent -- ls
exec svc/myapp
rollout history cm/settings
rollout status
create deployment x --image=nginx --dry-run=client -o yaml
create service clusterip x --tcp=80 --dry-run=client -o yaml
create role x --verb=get --resource=pods --dry-run=client -o yaml
run x --image=nginx --dry-run=client -o yaml
delete svc myapp
replace -f M
"""

CREATE = """\
create secret tls x --cert=CERT --key=KEY --dry-run=client -o yaml
create secret tls x --cert=CERT --key=KEY
create secret tls x --cert=CERT --key=KEY
create secret tls x
create secret tls x --cert=/no/such --key=KEY
create secret docker-registry r --docker-server=example.com --docker-username=u --docker-password=p -o yaml
create secret docker-registry y --docker-username=u --docker-password=p --docker-email=e@x --dry-run=client -o yaml
create secret docker-registry r
create pdb p --selector=app=a --min-available=1 --dry-run=client -o yaml
create pdb p --selector=app=a,!b,c --max-unavailable=50%
create pdb p --selector=app=a --max-unavailable=50%
create pdb p --selector=app=a
create pdb p --min-available=1
create pdb p --selector=a=b --min-available=1 --max-unavailable=2
get pdb p -o jsonpath={.spec}
"""

NODES = """\
taint
taint node NODE a=b:NoSchedule
taint node NODE a=c:NoSchedule
taint node NODE a=c:NoSchedule --overwrite
taint node NODE zz-
taint node NODE a=b:Nope
taint svc web a=b:NoSchedule
describe node NODE
taint node NODE a:NoSchedule-
cordon NODE
drain NODE --dry-run=client
drain NODE
uncordon NODE
drain nosuch
drain
"""

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def kubectl() -> str:
    found = newest()
    if not found or version(found) < (1, 31):
        pytest.skip("no kubectl of 1.31 or later: name one in $KUBECTLS")
    return found


def compared(
    server: ApiServer, kubectl: str, steps: str, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Runs the steps with each program and fails with every line that differs."""
    said: list[list[tuple[int, str, str]]] = []
    certificate, key = server.authority.serving()
    for program in (kubectl, ""):
        name = f"steps-{os.getpid()}-{next(_numbers)}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / "m.yaml").write_text(MANIFESTS)
        (folder / "config").write_text(server.kubeconfig().read_text())
        body = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}}
        server.request("POST", "/api/v1/namespaces", body)
        node = {"kind": "Node", "apiVersion": "v1", "metadata": {"name": f"node-{name}"}}
        server.request("POST", "/api/v1/nodes", node)
        monkeypatch.setenv("KUBECONFIG", str(folder / "config"))
        monkeypatch.setenv("HOME", str(folder))
        found = []
        for step in steps.splitlines():
            line = step.replace(" M", f" {folder}/m.yaml").replace("NODE", f"node-{name}")
            line = line.replace("CERT", str(certificate)).replace("KEY", str(key))
            code, out, err = _run(program, ["-n", name], line, capfd, monkeypatch)
            found.append((code, _general(out, folder, name), _general(err, folder, name)))
        said.append(found)
    different = []
    for step, theirs, ours in zip(steps.splitlines(), *said, strict=True):
        different += difference(step, ours, theirs)
    assert not different, "\n".join(different)


def _run(
    program: str, flags: list[str], line: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str, str]:
    words = shlex.split(line)
    if words[0].startswith("EDITOR="):
        monkeypatch.setenv("EDITOR", words.pop(0).removeprefix("EDITOR="))
    words += [] if words[0] == "config" or "-n" in words[:-1] else flags
    if "--" in words and words[-2:] == flags:
        words = flags + words[:-2]
    if not program:
        code = main(words)
        return code, *capfd.readouterr()
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def _general(text: str, folder: Path, name: str) -> str:
    """Without what is each program's own: its names, times, addresses, temporary files."""
    text = normal(text).replace(str(folder), "FOLDER").replace(name, "NAME")
    text = re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.]+(Z| \+0000)?|\w{3}, \d\d \w{3} \d{4} [\d:]+ \+0000", "TIME", text)
    text = re.sub(r"(uid|resourceVersion): \S+|(LIVE|MERGED)-\w+|10\.96\.\d+\.\d+", "X", text)
    return text


STEPS = {"explain": EXPLAIN, "auth": AUTH, "config": CONFIG, "change": CHANGE, "create": CREATE, "nodes": NODES}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_commands_say_what_kubectl_says(
    apiserver: ApiServer, kubectl: str, steps: str, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    compared(apiserver, kubectl, steps, tmp_path, capfd, monkeypatch)
