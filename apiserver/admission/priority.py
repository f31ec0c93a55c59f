"""Priority: the number behind a pod's priorityClassName.

One of the admission plugins. It calls nothing: of the priority classes only the two that every cluster has are known.
Source: kubernetes plugin/pkg/admission/priority.
"""

from __future__ import annotations

from apiserver.admission.interface import Attributes, Plugin, refused
from kube.api.core_v1 import Pod
from kube.apimachinery.meta_v1 import Object

_CLASSES = {"": 0, "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_PREEMPT = "PreemptLowerPriority"
_COMPUTED = "must not be provided in pod spec; priority admission controller computed"
_GIVEN = "from the given PriorityClass name"


class Priority(Plugin):
    operations = frozenset({"CREATE", "UPDATE"})
    resources = frozenset({"pods"})

    async def admit(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        if attributes.subresource or not isinstance(obj, Pod):
            return
        if isinstance(old, Pod):
            obj.spec.priority = old.spec.priority if obj.spec.priority is None else obj.spec.priority
            obj.spec.preemptionPolicy = obj.spec.preemptionPolicy or old.spec.preemptionPolicy
        else:
            _admit_new(attributes, obj)


def _admit_new(attributes: Attributes, pod: Pod) -> None:
    spec, name = pod.spec, pod.metadata.name
    priority = _CLASSES.get(spec.priorityClassName)
    if priority is None:
        raise refused(attributes, name, f"no PriorityClass with name {spec.priorityClassName} was found")
    if spec.priority is not None and spec.priority != priority:
        why = f"the integer value of priority ({spec.priority}) {_COMPUTED} {priority} {_GIVEN}"
        raise refused(attributes, name, why)
    if spec.preemptionPolicy not in (None, "", _PREEMPT):
        why = f"the string value of PreemptionPolicy ({spec.preemptionPolicy}) {_COMPUTED} {_PREEMPT} {_GIVEN}"
        raise refused(attributes, name, why)
    spec.priority, spec.preemptionPolicy = priority, _PREEMPT
