"""RuntimeClass: a pod that names a runtime class takes its overhead and its nodes from it.

One of the admission plugins. It calls nothing: runtime classes are no kind of kube-lite, so every name is unknown, and
overhead that a pod states by itself has no class to come from. Source: kubernetes plugin/pkg/admission/runtimeclass.
"""

from __future__ import annotations

from apiserver.admission.interface import Attributes, Plugin, refused
from kube.api.core_v1 import Pod
from kube.apimachinery.meta_v1 import Object

_NO_OVERHEAD = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"


class RuntimeClass(Plugin):
    operations = frozenset({"CREATE"})
    resources = frozenset({"pods"})

    async def admit(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        if isinstance(obj, Pod) and not attributes.subresource and obj.spec.runtimeClassName is not None:
            why = f'pod rejected: RuntimeClass "{obj.spec.runtimeClassName}" not found'
            raise refused(attributes, obj.metadata.name, why)

    async def validate(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        if isinstance(obj, Pod) and not attributes.subresource and obj.spec.overhead:
            raise refused(attributes, obj.metadata.name, _NO_OVERHEAD)
