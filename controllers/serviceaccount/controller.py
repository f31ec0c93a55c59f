"""The service account controller: every active namespace has the account `default`.

Run by `controllers.manager`. Tokens of pods are bound and short-lived: the kubelet asks the API server for them.
Source: k8s.io/kubernetes/pkg/controller/serviceaccount/serviceaccounts_controller.go.
"""

from __future__ import annotations

from controllers.controller import Context, Controller, namespace_terminating
from kube.api.core_v1 import Namespace, ServiceAccount
from kube.apimachinery.errors import AlreadyExists, StatusError
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.informer import Key

DEFAULT = "default"


class ServiceAccountController(Controller):
    """The key is the namespace."""

    name = "serviceaccount-controller"
    queue_name = "serviceaccount"

    def __init__(self, context: Context):
        super().__init__(context)
        self.namespaces = self.informer(Namespace)
        self.accounts = self.informer(ServiceAccount)
        self.namespaces.add_handler(self.enqueue, lambda _old, new: self.enqueue(new))
        self.accounts.add_handler(on_delete=self._account_deleted)

    async def sync(self, key: Key) -> str | None:
        namespace = self.namespaces.get(*key)
        if namespace is None or not is_active(namespace) or self.accounts.get(key[1], DEFAULT):
            return None
        try:
            await self.client.create(ServiceAccount(metadata=ObjectMeta(name=DEFAULT, namespace=key[1])))
        except AlreadyExists:
            return None
        except StatusError as error:
            if namespace_terminating(error):
                return None
            raise
        return "created the default service account"

    def _account_deleted(self, account: ServiceAccount) -> None:
        if account.metadata.name == DEFAULT:
            self.queue.add(("", account.metadata.namespace))


def is_active(namespace: Namespace) -> bool:
    return namespace.metadata.deletionTimestamp is None and namespace.status.phase != "Terminating"
