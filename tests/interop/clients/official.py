"""PyPI `kubernetes`: the generated typed methods, as its examples call them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import kubernetes
from kubernetes.stream import portforward, stream

from tests.interop.clients.interface import API_VERSIONS, PATCH_TYPES, Client, Event, Json, Refused


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except kubernetes.client.ApiException as error:
        raise Refused(json.loads(error.body)) from error


class Official(Client):
    name = "kubernetes"

    def __init__(self, kubeconfig: str, namespace: str):
        super().__init__(kubeconfig, namespace)
        self.api = kubernetes.config.new_client_from_config(kubeconfig)
        client = kubernetes.client
        self.groups = {
            "v1": client.CoreV1Api(self.api),
            "apps/v1": client.AppsV1Api(self.api),
            "discovery.k8s.io/v1": client.DiscoveryV1Api(self.api),
        }

    def close(self) -> None:
        self.api.close()

    def _method(self, verb: str, kind: str) -> Callable[..., Any]:
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
        return getattr(self.groups[API_VERSIONS[kind]], f"{verb}_namespaced_{words}")

    def _call(self, verb: str, kind: str, *args: Any, **options: Any) -> Json:
        with _refusals():
            return self._json(self._method(verb, kind)(*args, **{k: v for k, v in options.items() if v}))

    def _json(self, obj: Any) -> Json:
        return self.api.sanitize_for_serialization(obj)

    def create(self, manifest: Json) -> Json:
        return self._call("create", manifest["kind"], self.namespace, manifest)

    def get(self, kind: str, name: str) -> Json:
        return self._call("read", kind, name, self.namespace)

    def list(self, kind: str, labels: str = "", fields: str = "") -> list[Json]:
        return self._call("list", kind, self.namespace, label_selector=labels, field_selector=fields)["items"]

    def replace(self, manifest: Json) -> Json:
        return self._call("replace", manifest["kind"], manifest["metadata"]["name"], self.namespace, manifest)

    def patch(
        self, kind: str, name: str, patch_type: str, body: Any, *, manager: str = "", force: bool = False
    ) -> Json:
        return self._call(
            "patch", kind, name, self.namespace, body, field_manager=manager, force=force,
            _content_type=PATCH_TYPES[patch_type],
        )  # fmt: skip

    def scale(self, name: str, replicas: int) -> None:
        with _refusals():
            self.groups["apps/v1"].patch_namespaced_deployment_scale(
                name, self.namespace, {"spec": {"replicas": replicas}}
            )

    def delete(self, kind: str, name: str, propagation: str = "Background") -> None:
        self._call("delete", kind, name, self.namespace, propagation_policy=propagation)

    def watch(self, kind: str, since: str = "", labels: str = "", fields: str = "") -> Iterator[Event]:
        watch = kubernetes.watch.Watch()
        options = {"resource_version": since, "label_selector": labels, "field_selector": fields}
        options = {k: v for k, v in options.items() if v}
        with _refusals():
            for event in watch.stream(self._method("list", kind), self.namespace, timeout_seconds=30, **options):
                yield event["type"], self._json(event["object"])

    def resources(self) -> set[str]:
        client = kubernetes.client
        groups = (client.CoreV1Api, client.AppsV1Api, client.DiscoveryV1Api, client.NetworkingV1Api,
                  client.CoordinationV1Api, client.PolicyV1Api)  # fmt: skip
        with _refusals():
            lists = [group(self.api).get_api_resources() for group in groups]
        return {f"{resource.name}.{found.group_version}" for found in lists for resource in found.resources}

    def can_i(self, verb: str, group: str, resource: str) -> bool:
        client = kubernetes.client
        asked = client.V1ResourceAttributes(verb=verb, group=group, resource=resource, namespace=self.namespace)
        review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=asked))
        with _refusals():
            return client.AuthorizationV1Api(self.api).create_self_subject_access_review(review).status.allowed

    def logs(self, pod: str) -> str:
        with _refusals():
            return self.groups["v1"].read_namespaced_pod_log(pod, self.namespace)

    def exec(self, pod: str, *command: str) -> tuple[str, str, int]:
        socket = stream(
            self.groups["v1"].connect_get_namespaced_pod_exec, pod, self.namespace, command=list(command),
            stdout=True, stderr=True, stdin=False, tty=False, _preload_content=False,
        )  # fmt: skip
        socket.run_forever(timeout=30)
        return socket.read_stdout(), socket.read_stderr(), socket.returncode

    def forward(self, pod: str, port: int, line: bytes) -> bytes:
        tunnel = portforward(
            self.groups["v1"].connect_get_namespaced_pod_portforward, pod, self.namespace, ports=str(port)
        )
        with closing(tunnel.socket(port)) as socket:
            socket.setblocking(True)
            socket.sendall(line)
            return socket.recv(1000)


class OfficialDynamic(Client):
    """Its dynamic client, which learns the kinds from discovery: what Ansible uses."""

    name = "kubernetes.dynamic"
    lacks = frozenset({"exec", "forward", "logs"})

    def __init__(self, kubeconfig: str, namespace: str):
        super().__init__(kubeconfig, namespace)
        self.api = kubernetes.config.new_client_from_config(kubeconfig)
        self.client = kubernetes.dynamic.DynamicClient(self.api)

    def close(self) -> None:
        self.api.close()

    def _call(self, verb: str, kind: str, **options: Any) -> Json:
        resource = self.client.resources.get(api_version=API_VERSIONS[kind], kind=kind)
        options = {k: v for k, v in options.items() if v}
        with _refusals():
            return getattr(resource, verb)(namespace=self.namespace, **options).to_dict()

    def create(self, manifest: Json) -> Json:
        return self._call("create", manifest["kind"], body=manifest)

    def get(self, kind: str, name: str) -> Json:
        return self._call("get", kind, name=name)

    def list(self, kind: str, labels: str = "", fields: str = "") -> list[Json]:
        return self._call("get", kind, label_selector=labels, field_selector=fields)["items"]

    def replace(self, manifest: Json) -> Json:
        return self._call("replace", manifest["kind"], body=manifest)

    def patch(
        self, kind: str, name: str, patch_type: str, body: Any, *, manager: str = "", force: bool = False
    ) -> Json:
        if patch_type == "apply":
            return self._call(
                "server_side_apply", kind, name=name, body=body, field_manager=manager, force_conflicts=force
            )
        return self._call("patch", kind, name=name, body=body, content_type=PATCH_TYPES[patch_type])

    def scale(self, name: str, replicas: int) -> None:
        scale = self.client.resources.get(api_version="apps/v1", kind="Deployment").subresources["scale"]
        with _refusals():
            scale.patch(name=name, namespace=self.namespace, body={"spec": {"replicas": replicas}},
                        content_type=PATCH_TYPES["merge"])  # fmt: skip

    def delete(self, kind: str, name: str, propagation: str = "Background") -> None:
        self._call("delete", kind, name=name, body={"propagationPolicy": propagation})

    def watch(self, kind: str, since: str = "", labels: str = "", fields: str = "") -> Iterator[Event]:
        resource = self.client.resources.get(api_version=API_VERSIONS[kind], kind=kind)
        options = {"resource_version": since, "label_selector": labels, "field_selector": fields}
        options = {k: v for k, v in options.items() if v}
        with _refusals():
            for event in resource.watch(namespace=self.namespace, timeout=30, **options):
                yield event["type"], event["raw_object"]

    def resources(self) -> set[str]:
        return {f"{found[0].name}.{found[0].group_version}" for found in self.client.resources if len(found)}

    def can_i(self, verb: str, group: str, resource: str) -> bool:
        reviews = self.client.resources.get(api_version="authorization.k8s.io/v1", kind="SelfSubjectAccessReview")
        asked = {"verb": verb, "group": group, "resource": resource, "namespace": self.namespace}
        body = {"apiVersion": reviews.group_version, "kind": reviews.kind, "spec": {"resourceAttributes": asked}}
        return reviews.create(body=body).status.allowed

    def logs(self, pod: str) -> str:
        raise NotImplementedError

    def exec(self, pod: str, *command: str) -> tuple[str, str, int]:
        raise NotImplementedError
