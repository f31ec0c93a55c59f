"""Which plugins are in use, and what they refuse, in their words."""

from __future__ import annotations

import pytest

from apiserver.admission.interface import Attributes
from apiserver.admission.plugins import plugins
from apiserver.admission.service_account import ServiceAccountPlugin
from kube.api import scheme
from kube.api.core_v1 import Pod
from kube.apimachinery.errors import Forbidden
from kube.clock import RealClock
from tests.support.cluster import ApiServer

OVERHEAD = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"runtimeClassName": "gvisor"}, 'pod rejected: RuntimeClass "gvisor" not found'),
        ({"overhead": {"cpu": "1"}}, OVERHEAD),
        ({"priorityClassName": "high"}, "no PriorityClass with name high was found"),
    ],
)
def test_refused_pods(apiserver: ApiServer, namespace: str, spec: dict[str, object], why: str) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}
    status, answer = apiserver.request("POST", f"/api/v1/namespaces/{namespace}/pods", pod)
    assert (status, answer["message"]) == (403, f'pods "p" is forbidden: {why}')


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"serviceAccountName": "default"}, "reference service accounts"),
        ({"imagePullSecrets": [{"name": "s"}]}, "reference secrets"),
        ({"volumes": [{"name": "v", "iscsi": {"secretRef": {"name": "s"}}}]}, "reference secrets"),
        ({"volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]},
         "use ServiceAccountToken volume projections"),
    ],
)  # fmt: skip
async def test_what_a_mirror_pod_cannot_have(spec: dict[str, object], why: str) -> None:
    meta = {"name": "p", "annotations": {"kubernetes.io/config.mirror": "x"}}
    pod = Pod.from_dict({"metadata": meta, "spec": {"nodeName": "n", "containers": [{"name": "c"}], **spec}})
    plugin = ServiceAccountPlugin(None, None, str, RealClock())  # type: ignore[arg-type]  # nothing is looked up
    attributes = Attributes(scheme.by_type(Pod), "", "default", "p", "CREATE")
    with pytest.raises(Forbidden) as refused:
        await plugin.admit(attributes, pod, None)
    assert refused.value.message == f'pods "p" is forbidden: a mirror pod may not {why}'


def test_a_review_is_no_object(apiserver: ApiServer) -> None:
    review = {"metadata": {"name": "x"}, "spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    status, answer = apiserver.request("POST", path, review)
    assert (status, answer["details"]["causes"][0]["field"]) == (422, "metadata")
    assert answer["message"].endswith("must be empty except for managedFields")


def names(enabled: tuple[str, ...] = (), disabled: tuple[str, ...] = ()) -> set[str]:
    class Lookup:
        cached = fresh = None

    made = plugins(Lookup, None, str, RealClock(), enabled, disabled)  # type: ignore[arg-type]
    return {type(plugin).__name__.removesuffix("Plugin") for plugin in made}


def test_which_plugins_are_in_use() -> None:
    usual = names()
    assert "ServiceAccount" in usual and "NodeRestriction" not in usual
    assert names(("NodeRestriction", "PodSecurity"), ("Priority",)) == (usual | {"NodeRestriction"}) - {"Priority"}
    with pytest.raises(ValueError, match='enable-admission-plugins plugin "Foo" is unknown'):
        names(("Foo",))
    with pytest.raises(ValueError, match="overlapped"):
        names(("Priority",), ("Priority",))
