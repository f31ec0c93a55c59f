"""NamespaceLifecycle: nothing is created in a namespace that is absent or going, and some namespaces stay for ever.

One of the admission plugins. It calls the getter it is given: the cache first, and the store itself before it says that
a namespace does not exist. Source: k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle.
"""

from __future__ import annotations

from apiserver.admission.interface import Attributes, GetObject, Plugin, refused
from kube.apimachinery.errors import NotFound
from kube.apimachinery.meta_v1 import Object, StatusCause, StatusDetails

IMMORTAL = frozenset({"default", "kube-system", "kube-public"})
_ALLOWED_WHILE_ENDING = frozenset({"localsubjectaccessreviews", "subjectaccessreviews"})


class NamespaceLifecycle(Plugin):
    """`get` may be late; `get_fresh` may not."""

    operations = frozenset({"CREATE", "UPDATE", "DELETE"})

    def __init__(self, get: GetObject, get_fresh: GetObject):
        self._get, self._get_fresh = get, get_fresh

    async def admit(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        if attributes.operation == "DELETE":
            self._check_immortal(attributes)
        elif attributes.resource.namespaced and attributes.operation == "CREATE":
            await self._check_target(attributes, obj)

    @staticmethod
    def _check_immortal(attributes: Attributes) -> None:
        if attributes.resource.plural == "namespaces" and attributes.name in IMMORTAL:
            raise refused(attributes, attributes.name, "this namespace may not be deleted")

    async def _check_target(self, attributes: Attributes, obj: Object | None) -> None:
        if attributes.resource.plural in _ALLOWED_WHILE_ENDING:
            return
        name = attributes.namespace
        namespace = await self._get("namespaces", "", name) or await self._get_fresh("namespaces", "", name)
        if namespace is None:
            raise NotFound(f'namespaces "{name}" not found', StatusDetails(name=name, kind="namespaces"))
        if (namespace.get("status") or {}).get("phase") != "Terminating":
            return
        error = refused(
            attributes, obj.metadata.name if obj is not None else attributes.name,
            f"unable to create new content in namespace {name} because it is being terminated",
        )  # fmt: skip
        text = f"namespace {name} is being terminated"
        error.details.causes = [StatusCause(reason="NamespaceTerminating", message=text, field="metadata.namespace")]
        raise error
