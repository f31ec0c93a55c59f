"""The root CA publisher: the config map `kube-root-ca.crt` in every active namespace, true to the certificate.

Run by `controllers.manager`. Source: k8s.io/kubernetes/pkg/controller/certificates/rootcacertpublisher.
"""

from __future__ import annotations

from controllers.controller import Context, Controller, namespace_terminating
from controllers.serviceaccount.controller import is_active
from kube.api.core_v1 import ConfigMap, Namespace
from kube.apimachinery.errors import AlreadyExists, StatusError
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.informer import Key

NAME, ENTRY = "kube-root-ca.crt", "ca.crt"
DESCRIPTION = {
    "kubernetes.io/description": (
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
        "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "
        "Kubernetes clusters."
    )
}


class RootCACertificatePublisher(Controller):
    """The key is the namespace."""

    name = "root-ca-certificate-publisher-controller"
    queue_name = "root_ca_cert_publisher"

    def __init__(self, context: Context):
        super().__init__(context)
        self.data = {ENTRY: context.root_ca}
        self.namespaces = self.informer(Namespace)
        self.config_maps = self.informer(ConfigMap)
        self.namespaces.add_handler(self.enqueue, lambda _old, new: self.enqueue(new))
        self.config_maps.add_handler(None, lambda _old, new: self._changed(new), self._changed)

    async def sync(self, key: Key) -> str | None:
        namespace = self.namespaces.get(*key)
        if not self.context.root_ca or namespace is None or not is_active(namespace):
            return None
        found = self.config_maps.get(key[1], NAME)
        if found is None:
            return await self._create(key[1])
        if found.data == self.data:
            return None
        await self.client.update(found.model_copy(update={"data": dict(self.data)}))
        return f"restored {NAME}"

    async def _create(self, namespace: str) -> str | None:
        meta = ObjectMeta(name=NAME, namespace=namespace, annotations=dict(DESCRIPTION))
        try:
            await self.client.create(ConfigMap(metadata=meta, data=dict(self.data)))
        except AlreadyExists:
            return None
        except StatusError as error:
            if namespace_terminating(error):
                return None
            raise
        return f"published {NAME}"

    def _changed(self, config_map: ConfigMap) -> None:
        if config_map.metadata.name == NAME:
            self.queue.add(("", config_map.metadata.namespace))
