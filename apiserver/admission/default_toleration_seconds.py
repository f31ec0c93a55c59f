"""DefaultTolerationSeconds: a pod stays five minutes on a node that is not ready or cannot be reached.

One of the admission plugins. It calls nothing. A pod that tolerates these taints already keeps its own time.
Source: kubernetes plugin/pkg/admission/defaulttolerationseconds.
"""

from __future__ import annotations

from apiserver.admission.interface import Attributes, Plugin
from kube.api.core_v1 import Pod, Toleration
from kube.apimachinery.meta_v1 import Object

_KEYS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_SECONDS = 300


class DefaultTolerationSeconds(Plugin):
    operations = frozenset({"CREATE", "UPDATE"})
    resources = frozenset({"pods"})

    async def admit(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        if attributes.subresource or not isinstance(obj, Pod):
            return
        missing = [key for key in _KEYS if not any(_tolerates(t, key) for t in obj.spec.tolerations)]
        if missing:
            added = [
                Toleration(key=key, operator="Exists", effect="NoExecute", tolerationSeconds=_SECONDS)
                for key in missing
            ]
            obj.spec.tolerations = [*obj.spec.tolerations, *added]


def _tolerates(toleration: Toleration, key: str) -> bool:
    return toleration.key in (key, "") and toleration.effect in ("NoExecute", "")
