"""PyPI `lightkube`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lightkube
from lightkube.codecs import from_dict
from lightkube.core.exceptions import ApiError
from lightkube.models.authorization_v1 import ResourceAttributes, SelfSubjectAccessReviewSpec
from lightkube.models.autoscaling_v1 import ScaleSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources import apps_v1, core_v1, discovery_v1
from lightkube.resources.authorization_v1 import SelfSubjectAccessReview
from lightkube.types import CascadeType, PatchType

from tests.interop.clients.interface import PATCH_TYPES, Client, Event, Json, Refused


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        raise Refused(error.response.json()) from error


def _type(kind: str) -> Any:
    return next(getattr(m, kind) for m in (core_v1, apps_v1, discovery_v1) if hasattr(m, kind))


def _selector(text: str) -> dict[str, Any] | None:
    return dict(term.split("=") for term in text.split(",")) if text else None


class Lightkube(Client):
    name = "lightkube"
    lacks = frozenset({"resources", "forward"})

    def __init__(self, kubeconfig: str, namespace: str):
        super().__init__(kubeconfig, namespace)
        config = lightkube.KubeConfig.from_file(kubeconfig)
        self.client = lightkube.Client(config, namespace=namespace, trust_env=False)

    def close(self) -> None:
        self.client.close()

    def create(self, manifest: Json) -> Json:
        with _refusals():
            return self.client.create(from_dict(manifest)).to_dict()

    def get(self, kind: str, name: str) -> Json:
        with _refusals():
            return self.client.get(_type(kind), name).to_dict()

    def list(self, kind: str, labels: str = "", fields: str = "") -> list[Json]:
        with _refusals():
            found = self.client.list(_type(kind), labels=_selector(labels), fields=_selector(fields), chunk_size=2)
            return [obj.to_dict() for obj in found]

    def replace(self, manifest: Json) -> Json:
        with _refusals():
            return self.client.replace(from_dict(manifest)).to_dict()

    def patch(
        self, kind: str, name: str, patch_type: str, body: Any, *, manager: str = "", force: bool = False
    ) -> Json:
        with _refusals():
            return self.client.patch(
                _type(kind), name, body, patch_type=PatchType(PATCH_TYPES[patch_type]),
                field_manager=manager or None, force=force,
            ).to_dict()  # fmt: skip

    def scale(self, name: str, replicas: int) -> None:
        scale = apps_v1.Deployment.Scale(
            metadata=ObjectMeta(name=name, namespace=self.namespace), spec=ScaleSpec(replicas=replicas)
        )
        with _refusals():
            self.client.replace(scale, name)

    def delete(self, kind: str, name: str, propagation: str = "Background") -> None:
        with _refusals():
            self.client.delete(_type(kind), name, cascade=CascadeType(propagation))

    def watch(self, kind: str, since: str = "", labels: str = "", fields: str = "") -> Iterator[Event]:
        with _refusals():
            for type_, obj in self.client.watch(
                _type(kind), labels=_selector(labels), fields=_selector(fields), resource_version=since or None
            ):
                yield type_, obj.to_dict()

    def resources(self) -> set[str]:
        raise NotImplementedError

    def can_i(self, verb: str, group: str, resource: str) -> bool:
        asked = ResourceAttributes(verb=verb, group=group, resource=resource, namespace=self.namespace)
        review = SelfSubjectAccessReview(SelfSubjectAccessReviewSpec(resourceAttributes=asked))
        with _refusals():
            return self.client.create(review).status.allowed

    def logs(self, pod: str) -> str:
        with _refusals():
            return "".join(self.client.log(pod))

    def exec(self, pod: str, *command: str) -> tuple[str, str, int]:
        done = self.client.exec(pod, command=command, stdout=True, stderr=True)
        return done.stdout, done.stderr, done.exit_code
