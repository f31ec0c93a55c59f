"""`kubectl_lite why`, `trace` and `timeline` on a running cluster: what only nodes, proxies and kernels can tell.

The faults that objects alone show have their manifests in tests/kubectl_lite/why/cases.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lab.config import REPOSITORY
from lab.machines import environment
from tests.e2e.cluster import Cluster, wait_for

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("e2e-people"), pytest.mark.timeout(300)]

SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{{spec}}}
"""
LOOPBACK_POD = """
apiVersion: v1
kind: Pod
metadata: {name: shy, labels: {app: shy}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: nginx, command: [python3, -m, http.server, "8080", --bind, 127.0.0.1]}
"""


def why(cluster: Cluster, service: str) -> dict[str, Any]:
    """What is found; the exit code says the same."""
    done = cluster.kubectl("why", f"service/{service}", "-o", "json", check=False)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert done.returncode == (1 if found["broken"] else 0)
    return found


def finds(cluster: Cluster, service: str, step: str, what: str) -> Callable[[], Any]:
    """The finding, once it is there."""

    def look() -> Any:
        found = why(cluster, service)["findings"]
        return next((f for f in found if f["verdict"] == "broken" and f["step"] == step and what in f["what"]), None)

    return look


@contextmanager
def service(cluster: Cluster, name: str, spec: str, more: str = "") -> Iterator[None]:
    text = SERVICE.format(name=name, spec=spec) + (f"---{more}" if more else "")
    cluster.kubectl("apply", "-f", "-", input=text)
    try:
        yield
    finally:
        cluster.kubectl("delete", "--ignore-not-found", "--wait=false", "-f", "-", input=text)


def test_nothing_is_broken(cluster: Cluster) -> None:
    found = wait_for("a whole Service", lambda: (f := why(cluster, "myapp")) and not f["broken"] and f)
    said = {(f["step"], f["what"].split(":")[0]) for f in found["findings"] if f["verdict"] == "ok"}
    assert {(step, "node1, node2, node3") for step in ("proxy", "kernel", "connection")} <= said
    assert f"myapp.default.svc.cluster.local is {cluster.cluster_ip()}" in [f["what"] for f in found["findings"]]


def test_a_stopped_proxy_is_found(cluster: Cluster) -> None:
    os.kill(cluster.process("proxy-node2"), signal.SIGKILL)
    try:
        wait_for("a finding", finds(cluster, "myapp", "proxy", "the proxy of node2 does not run"))
    finally:
        cluster.up()


def test_a_flushed_table_is_found(cluster: Cluster) -> None:
    def flushed() -> Any:
        cluster.node("nft", "delete", "table", "ip", "kube-proxy", check=False)
        return finds(cluster, "myapp", "kernel", "node1: no table ip kube-proxy")()

    wait_for("a finding", flushed)  # the proxy mends its table now and then: once it may have been quicker
    wait_for("a mended table", lambda: not why(cluster, "myapp")["broken"])


def test_a_port_that_nobody_listens_on_is_found(cluster: Cluster) -> None:
    with service(cluster, "wrong", "selector: {app: web-nginx}, ports: [{port: 80, targetPort: 8081}]"):
        found = wait_for("a finding", finds(cluster, "wrong", "listening", "nothing listens on TCP port 8081"))
    assert found["why"] == "it listens on 80"
    assert '"targetPort":80' in found["repair"]


def test_an_application_on_loopback_is_found(cluster: Cluster) -> None:
    with service(cluster, "shy", "selector: {app: shy}, ports: [{port: 80, targetPort: 8080}]", LOOPBACK_POD):
        wait_for("a finding", finds(cluster, "shy", "listening", "listens on 127.0.0.1 only, port 8080"))


def test_an_alias_of_nothing_is_found(cluster: Cluster) -> None:
    with service(cluster, "db", "type: ExternalName, externalName: nothing.default.svc.cluster.local"):
        wait_for("a finding", finds(cluster, "db", "name", "stands for nothing.default.svc.cluster.local"))


def test_a_node_port_blocked_and_taken(cluster: Cluster) -> None:
    spec = "type: NodePort, selector: {app: web-nginx}, ports: [{port: 80}]"
    with service(cluster, "np", spec):
        port = cluster.get("service", "np")["spec"]["ports"][0]["nodePort"]
        rules = f"table inet fw {{ chain in {{ type filter hook prerouting priority -300; tcp dport {port} drop; }}; }}"
        cluster.node("nft", rules, node="node2")
        try:
            wait_for("blocked", finds(cluster, "np", "node port", f":{port} (node2) is blocked"))
        finally:
            cluster.node("nft", "delete", "table", "inet", "fw", node="node2")
        with _listener(cluster, "node3", port):
            wait_for("taken", finds(cluster, "np", "node port", f"port {port} of node3 is taken"))


@contextmanager
def _listener(cluster: Cluster, node: str, port: int) -> Iterator[None]:
    """A process of the node that listens, until it reads the end of its input."""
    script = f"import socket; s = socket.create_server(('', {port})); print('ok', flush=True); input()"
    argv = [sys.executable, "-m", "lab", "exec", f"--data-dir={cluster.directory}", node, "--", "python3", "-c", script]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY, env=environment()) as on:
        assert on.stdout is not None
        assert on.stdin is not None
        assert on.stdout.readline() == b"ok\n"
        yield
        on.stdin.write(b"\n")


# ---- one request ----


def hops_of(cluster: Cluster, origin: str, goal: str) -> dict[str, Any]:
    return json.loads(cluster.kubectl("trace", origin, goal, "-o", "json").stdout)


def check_trace(cluster: Cluster, rule: str) -> None:
    """A pod's request: the name, the rule, both sides of the translation, the node and the pod that answered."""
    name, address = next(iter(cluster.pods().items()))
    told = hops_of(cluster, f"pod/{name}", "svc/myapp:80")
    hops = {hop["name"]: hop["lines"] for hop in told["hops"]}
    assert f"myapp.default.svc.cluster.local. -> {cluster.cluster_ip()}" in hops["name"][-1]
    assert rule in hops["rule"][0]
    flow = told["flow"]
    assert flow["destination"] == f"{cluster.cluster_ip()}:80"
    assert flow["source"].startswith(f"{address}:")
    answered = hops["answer"][0].removeprefix("HTTP/1.1 200 OK: ").split()[0]
    assert flow["answerer"] == f"{cluster.pods()[answered]}:80"
    assert flow["answerer"] in hops["endpoint"][0]
    assert answered in hops["endpoint"][0]
    assert any(flow["answerer"].replace(":", " . ") in line or flow["answerer"] in line for line in hops["rule"])


def check_other_traces(cluster: Cluster) -> None:
    """UDP, by the port's protocol, and IPv6: the translation is conntrack's in both."""
    told = hops_of(cluster, "node/node2", "svc/kube-dns.kube-system:53/udp")
    assert (told["flow"]["protocol"], told["flow"]["destination"]) == ("UDP", f"{cluster.dns_ip()}:53")
    assert told["flow"]["answerer"].endswith(":53")
    assert told["flow"]["answerer"] != told["flow"]["destination"]
    spec = "ipFamilies: [IPv6], ipFamilyPolicy: SingleStack, selector: {app: web-nginx}, ports: [{port: 80}]"
    with service(cluster, "six", spec):
        told = wait_for("an answer", lambda: _answered(cluster, f"pod/{next(iter(cluster.pods()))}", "svc/six"))
        address = cluster.cluster_ip("six")
    hops = {hop["name"]: hop["lines"] for hop in told["hops"]}
    assert f"-> {address}, said" in hops["name"][-1]
    assert told["flow"]["destination"] == f"[{address}]:80"
    assert told["flow"]["answerer"] in hops["endpoint"][0]
    assert hops["answer"][0].removeprefix("HTTP/1.1 200 OK: ").split()[0] in hops["endpoint"][0]


def _answered(cluster: Cluster, origin: str, goal: str) -> dict[str, Any] | None:
    done = cluster.kubectl("trace", origin, goal, "-o", "json", check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_trace_of_other_protocols_and_families(cluster: Cluster) -> None:
    check_other_traces(cluster)


def test_a_trace_that_finds_no_endpoint_says_where_it_died(cluster: Cluster) -> None:
    with service(cluster, "nobody", "selector: {app: nobody}, ports: [{port: 80}]"):
        done = cluster.kubectl("trace", "node/node1", "svc/nobody", check=False)
    assert done.returncode == 1
    assert "it died on node1: no endpoint to send it to" in done.stdout
    assert "next: kubectl_lite why service/nobody -n default" in done.stdout


def test_trace_from_a_pod(cluster: Cluster) -> None:
    check_trace(cluster, f"services {{ {cluster.cluster_ip()} . tcp . 80 : goto")


def test_trace_from_a_node_is_masqueraded(cluster: Cluster) -> None:
    told = hops_of(cluster, "node/node3", "svc/myapp")
    assert told["flow"]["source"] != told["flow"]["returnsTo"]
    assert any("masqueraded" in line for hop in told["hops"] for line in hop["lines"])


# ---- the last changes ----


def test_timeline_of_a_new_pod(cluster: Cluster) -> None:
    cluster.scale(4)
    wait_for("four pods", lambda: cluster.settled(4), 120)
    told = wait_for("every stage", lambda: _whole(cluster))
    order = [stage["what"] for stage in told["stages"]]
    seen = order.index("seen by endpointslice-controller")
    for node in ("node1", "node2", "node3"):
        noticed, done = order.index(f"seen by the proxy of {node}"), order.index(f"in the kernel of {node} (nftables)")
        assert seen < noticed < done
    assert order[0].startswith("Pod ")
    assert order[0].endswith(" stored")


def _whole(cluster: Cluster) -> dict[str, Any] | None:
    """The last change, once it has reached every kernel."""
    told = json.loads(cluster.kubectl("timeline", "svc/myapp", "-o", "json").stdout)
    last = told["changes"][-1] if told["changes"] else {"stages": []}
    done = [stage for stage in last["stages"] if "in the kernel of" in stage["what"]]
    return last if len(done) == 3 else None
