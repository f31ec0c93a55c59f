"""Informers of every client survive a restart of the server and a compaction of etcd: afterwards each knows exactly
what is there.

While the server is down, a second one on the same etcd goes on changing objects, and then etcd forgets its history:
whoever resumes from what it saw must be told 410 and list anew. Each library's informer runs as its examples show it,
with the loop around a watch where that is what the library recommends.
"""

from __future__ import annotations

import contextlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import httpx2
import kr8s
import kubernetes
import lightkube
import pytest
import urllib3
from kubernetes.informer import SharedInformer
from lightkube.resources.core_v1 import ConfigMap

from tests.etcd_server import EtcdServer
from tests.interop.clients import client_node
from tests.interop.clients.client_node import NodeProcess
from tests.interop.kubectl import Kubectl
from tests.support.cluster import ApiServer, start_apiserver
from tests.support.etcd_cluster import call
from tests.support.kubectls import newest

pytestmark = [
    pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Known = dict[str, str]  # name -> resourceVersion
MAPS = "/api/v1/namespaces/default/configmaps"


class Informer(ABC):
    """One library's, at work on a thread until `stop`."""

    def __init__(self, kubeconfig: str):
        self.kubeconfig, self.stopped = kubeconfig, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @abstractmethod
    def run(self) -> None: ...

    @abstractmethod
    def known(self) -> Known: ...

    def stop(self) -> None:
        """The server has ended before, so that no watch goes on."""
        self.stopped.set()
        self.thread.join(20)


class OfficialInformer(Informer):
    def run(self) -> None:
        self.api = kubernetes.config.new_client_from_config(self.kubeconfig)
        core = kubernetes.client.CoreV1Api(self.api)
        self.informer = SharedInformer(core.list_namespaced_config_map, namespace="default")
        self.informer.start()

    def known(self) -> Known:
        self.thread.join()
        found = self.informer.cache.list()
        return {obj.metadata.name: obj.metadata.resource_version for obj in found}

    def stop(self) -> None:
        self.informer.stop()


class OfficialWatch(Informer):
    """The loop of the client's examples: list, watch from there, and list again when that ends in an error."""

    def run(self) -> None:
        self.objects: Known = {}
        core = kubernetes.client.CoreV1Api(kubernetes.config.new_client_from_config(self.kubeconfig))
        while not self.stopped.is_set():
            with contextlib.suppress(kubernetes.client.ApiException, urllib3.exceptions.HTTPError):
                found = core.list_namespaced_config_map("default")
                self.objects = {o.metadata.name: o.metadata.resource_version for o in found.items}
                watch = kubernetes.watch.Watch()
                since = found.metadata.resource_version
                for event in watch.stream(core.list_namespaced_config_map, "default", resource_version=since):
                    follow(self.objects, event["type"], event["raw_object"])
            time.sleep(0.1)

    def known(self) -> Known:
        return dict(self.objects)


class Kr8sWatch(Informer):
    """A watch without a revision begins with what there is."""

    def run(self) -> None:
        self.objects: Known = {}
        while not self.stopped.is_set():
            fresh: Known = {}
            with contextlib.suppress(kr8s.ServerError, kr8s.APITimeoutError, httpx.HTTPError):
                api = kr8s.api(kubeconfig=self.kubeconfig, namespace="default")
                for type_, obj in api.watch("configmaps"):
                    follow(fresh, type_, obj.raw)
                    self.objects = fresh
            time.sleep(0.1)

    def known(self) -> Known:
        return dict(self.objects)


class LightkubeWatch(Informer):
    """List, watch from there; its retries would not tell of what went meanwhile."""

    def run(self) -> None:
        self.objects: Known = {}
        config = lightkube.KubeConfig.from_file(self.kubeconfig)
        with lightkube.Client(config, namespace="default", trust_env=False) as client:
            while not self.stopped.is_set():
                with contextlib.suppress(lightkube.ApiError, httpx2.HTTPError):
                    found = client.list(ConfigMap)
                    self.objects = {o.metadata.name: o.metadata.resourceVersion for o in found}
                    for type_, obj in client.watch(ConfigMap, resource_version=found.resourceVersion):
                        follow(self.objects, type_, obj.to_dict())
                time.sleep(0.1)

    def known(self) -> Known:
        return dict(self.objects)


class ClientNodeInformer(Informer):
    def run(self) -> None:
        self.objects: Known = {}
        self.node = NodeProcess(self.kubeconfig, "default")
        number = self.node.send("informer", "ConfigMap")
        with contextlib.suppress(RuntimeError, ValueError):
            while True:
                self.objects = dict(self.node.receive(number)["event"])

    def known(self) -> Known:
        return self.objects

    def stop(self) -> None:
        self.node.end()
        self.thread.join(10)


def follow(objects: Known, type_: str, obj: dict) -> None:
    name, revision = obj["metadata"]["name"], obj["metadata"]["resourceVersion"]
    if type_ == "DELETED":
        objects.pop(name, None)
    elif type_ in ("ADDED", "MODIFIED"):
        objects[name] = revision


INFORMERS: list[type[Informer]] = [OfficialInformer, OfficialWatch, Kr8sWatch, LightkubeWatch, ClientNodeInformer]


# ---- a registry with two servers ----


class Registry:
    """An etcd and two servers on it; the first is the one that the informers ask."""

    def __init__(self, etcd: EtcdServer, directory: Path):
        self.etcd = etcd
        self.asked = start_apiserver(etcd.url, directory / "asked", prefix="/informers")
        self.other = start_apiserver(etcd.url, directory / "other", prefix="/informers")

    def change(self, server: ApiServer, *names: str) -> None:
        for name in names:
            body = {"metadata": {"name": name}, "data": {"at": str(time.monotonic())}}
            status, answer = server.request("PUT", f"{MAPS}/{name}", body)
            if status == 404:
                status, answer = server.request("POST", MAPS, body)
            assert status in (200, 201), answer

    def remove(self, server: ApiServer, name: str) -> None:
        assert server.request("DELETE", f"{MAPS}/{name}")[0] == 200

    def truth(self) -> Known:
        _, found = self.other.request("GET", MAPS)
        return {o["metadata"]["name"]: o["metadata"]["resourceVersion"] for o in found["items"]}

    def forget(self) -> None:
        """Compacts etcd up to now."""
        _, found = self.other.request("GET", MAPS)
        call(self.etcd.url, "/v3/kv/compaction", {"revision": found["metadata"]["resourceVersion"]})

    def close(self) -> None:
        for server in (self.asked, self.other):
            server.stop()
            server.listener.close()


@pytest.fixture(scope="module")
def registry(
    start_etcd: Callable[..., EtcdServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    made = Registry(start_etcd(), tmp_path_factory.mktemp("informers"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def informers(registry: Registry) -> Iterator[dict[str, Informer]]:
    kinds = [kind for kind in INFORMERS if kind is not ClientNodeInformer or not client_node.missing()]
    kubeconfig = str(registry.asked.kubeconfig())
    made = {kind.__name__: kind(kubeconfig) for kind in kinds}
    yield made
    registry.asked.kill()
    registry.asked.listener.close()  # else new connections would wait in it
    for one in made.values():
        one.stop()


def settle(registry: Registry, informers: dict[str, Informer], seconds: float = 60) -> None:
    """Waits until every informer knows what is there."""
    truth, ends = registry.truth(), time.monotonic() + seconds
    wrong: dict[str, Known] = {}
    while time.monotonic() < ends:
        wrong = {name: known for name, one in informers.items() if (known := one.known()) != truth}
        if not wrong:
            return
        time.sleep(0.05)
    pytest.fail(f"{truth} is there; but known is {wrong}")


@pytest.mark.timeout(240)
def test_informers_survive_restarts_and_compactions(registry: Registry, informers: dict[str, Informer]) -> None:
    registry.change(registry.asked, "a", "b", "c")
    settle(registry, informers)

    registry.asked.stop()
    registry.change(registry.other, "a", "d")
    registry.remove(registry.other, "b")
    registry.asked.start()
    settle(registry, informers)
    registry.change(registry.asked, "a")
    settle(registry, informers)

    registry.asked.kill()
    registry.change(registry.other, "c", "e")
    registry.remove(registry.other, "a")
    registry.forget()
    registry.asked.start()
    settle(registry, informers)
    registry.change(registry.asked, "f")
    registry.remove(registry.asked, "c")
    settle(registry, informers)


@pytest.mark.timeout(240)
def test_kubectl_waits_through_a_restart(registry: Registry, tmp_path: Path) -> None:
    """`wait` and `rollout status` watch; they go on when the server comes back."""
    program = newest()
    assert program, "no kubectl: `make test` puts Debian's into .cache/kubectl"
    kubectl = Kubectl(program, registry.asked.kubeconfig(), "default", tmp_path)
    kubectl("create deployment waiting --image=one")
    with kubectl.background("rollout status deploy waiting --timeout=120s") as lines:
        assert "Waiting for deployment" in next(lines)
        registry.asked.kill()
        registry.forget()
        registry.asked.start()
        status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
                  "availableReplicas": 1}  # fmt: skip
        answer = registry.other.request(
            "PATCH", "/apis/apps/v1/namespaces/default/deployments/waiting/status", {"status": status},
            headers={"Content-Type": "application/merge-patch+json"},
        )  # fmt: skip
        assert answer[0] == 200, answer
        assert any("successfully rolled out" in line for line in lines)
