"""The same manifests on a real API server, their slices made by the real controllers, `why` run by its command line.

Each case has a namespace of its own. There are no nodes that run anything: what only they can tell is in the tests of
the judge, and in tests/e2e. Pods get the status that a kubelet would report.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_lite.__main__ import main
from tests.kubectl_lite.why.case import FILES, Case, is_found
from tests.support.cluster import ApiServer, start_apiserver
from tests.support.manager import ManagerProcess

LIVE = [path for path in FILES if Case.read(path).told.get("live", "") is not None]
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module")
def server(etcd: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """With all cases applied."""
    directory = tmp_path_factory.mktemp("why")
    server = start_apiserver(etcd, directory, flags=["--disable-admission-plugins", "ServiceAccount"])
    manager = ManagerProcess(server.kubeconfig(), directory / "controllers.log", "--controllers", "endpointslice")
    manager.start()
    try:
        for name in ("node1", "node2", "node3"):
            _write(server, "nodes", {"metadata": {"name": name}})
            status = "Unknown" if name == "node3" else "True"
            said = {"reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}
            _patch_status(server, f"/api/v1/nodes/{name}", {"conditions": [{"type": "Ready", "status": status} | said]})
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda path: _apply(server, path), LIVE))
        yield server
    finally:
        manager.end()
        server.stop()
        server.listener.close()


def _apply(server: ApiServer, path: Path) -> None:
    case, namespace = Case.read(path), path.stem
    _write(server, "namespaces", {"metadata": {"name": namespace}})
    for obj in sorted(case.objects, key=lambda one: one["kind"] != "Namespace"):
        home = obj["metadata"].get("namespace", namespace)
        home = home if home == namespace else f"{namespace}-{home}"
        if obj["kind"] == "Namespace":
            _write(server, "namespaces", {"metadata": {"name": f"{namespace}-{obj['metadata']['name']}"}})
        elif obj["kind"] == "Pod":
            _make_pod(server, case, obj, home)
        elif obj["kind"] == "Deployment":
            _write(server, f"namespaces/{home}/deployments", obj, "apis/apps/v1")
        elif obj["kind"] != "Node":
            _make(server, obj, home)


def _make(server: ApiServer, obj: dict[str, Any], namespace: str) -> None:
    group = "apis/discovery.k8s.io/v1" if obj["kind"] == "EndpointSlice" else "api/v1"
    plural = {"EndpointSlice": "endpointslices", "Service": "services", "Event": "events"}[obj["kind"]]
    meta = obj["metadata"] | {"namespace": namespace}
    about = {"involvedObject": obj["involvedObject"] | {"namespace": namespace}} if obj["kind"] == "Event" else {}
    _write(server, f"namespaces/{namespace}/{plural}", obj | {"metadata": meta} | about, group)
    if obj.get("status"):
        _patch_status(server, f"/{group}/namespaces/{namespace}/{plural}/{meta['name']}", obj["status"])


def _make_pod(server: ApiServer, case: Case, obj: dict[str, Any], namespace: str) -> None:
    pods = [p for home in {"default", *case.other_namespaces()} for p in case.pods(home)]
    status = next(p["status"] for p in pods if p["metadata"]["name"] == obj["metadata"]["name"])
    meta = {k: v for k, v in obj["metadata"].items() if k not in ("deletionTimestamp", "namespace")}
    _write(server, f"namespaces/{namespace}/pods", {"metadata": meta, "spec": obj["spec"]})
    path = f"/api/v1/namespaces/{namespace}/pods/{meta['name']}"
    _patch_status(server, path, status)
    if "deletionTimestamp" in obj["metadata"]:
        assert server.request("DELETE", path)[0] == 200


def _write(server: ApiServer, where: str, obj: dict[str, Any], group: str = "api/v1") -> None:
    status, answer = server.request("POST", f"/{group}/{where}", obj)
    assert status == 201, answer


def _patch_status(server: ApiServer, path: str, status: dict[str, Any]) -> None:
    code, answer = server.request("PATCH", f"{path}/status", {"status": status}, headers=MERGE)
    assert code == 200, answer


def _why(server: ApiServer, path: Path, told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    asked = f"service/web:{told['port']}" if "port" in told else "service/web"
    argv = ["--kubeconfig", str(server.kubeconfig()), "-n", path.stem, "why", asked, "-o", "json"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main([*argv, *(["--from", told["client"]] if "client" in told else [])])
    return code, json.loads(out.getvalue())


@pytest.mark.parametrize("path", LIVE, ids=lambda path: path.stem)
def test_it_is_found_on_a_server(server: ApiServer, path: Path) -> None:
    told = yaml.safe_load(path.read_text().split("---")[0])
    expected = told.get("live") or told["expect"]
    namespace = path.stem
    expected = {k: v.replace("namespace shop", f"namespace {namespace}-shop") for k, v in expected.items()}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:  # the controllers may still be at it
        code, answer = _why(server, path, told)
        findings = [_Found(one) for one in answer["findings"]]
        if is_found(expected, findings):  # type: ignore[arg-type]
            break
    else:
        pytest.fail(json.dumps(answer, indent=1))
    assert code == (1 if answer["broken"] else 0)


class _Found:
    """A finding out of JSON."""

    def __init__(self, told: dict[str, str]):
        self.__dict__.update(told)
