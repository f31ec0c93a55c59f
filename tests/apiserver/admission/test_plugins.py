"""Which plugins are in use, and what they refuse, in their words."""

from __future__ import annotations

import pytest

from apiserver.admission.plugins import plugins
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
