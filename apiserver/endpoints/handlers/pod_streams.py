"""What log, exec and attach ask of a Pod: which container, and which kubelet runs it.

Called by the connect and log handlers. It calls the store of Nodes.
"""

from __future__ import annotations

from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.streaming.kubelet import Kubelet, kubelet_of
from kube.api.core_v1 import Pod
from kube.apimachinery.errors import BadRequest

_DEFAULT = "kubectl.kubernetes.io/default-container"


def choose_container(pod: Pod, wanted: str) -> str:
    """The container's name. Raises BadRequest."""
    spec, name = pod.spec, pod.metadata.name
    names = [c.name for c in spec.containers]
    others = [c.name for c in (*spec.initContainers, *spec.ephemeralContainers)]
    if wanted:
        if wanted not in (*names, *others):
            raise BadRequest(f"container {wanted} is not valid for pod {name}")
        return wanted
    if len(names) == 1:
        return names[0]
    preferred = pod.metadata.annotations.get(_DEFAULT, "")
    if preferred in names:
        return preferred
    text = f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]"
    if spec.initContainers:
        text += f" or one of the init containers: [{' '.join(c.name for c in spec.initContainers)}]"
    raise BadRequest(text)


async def kubelet_of_pod(endpoint: Endpoint, pod: Pod) -> Kubelet:
    """Raises NotFound when the node is gone, BadRequest when it has no address."""
    nodes = endpoint.services["stores"]["nodes"]
    return kubelet_of(await nodes.get_object("", pod.spec.nodeName, revision=0))
