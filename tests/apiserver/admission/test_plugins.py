"""Pods that admission refuses, in its words."""

from __future__ import annotations

import pytest

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
    apiserver.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "default"}})
    status, answer = apiserver.request("POST", f"/api/v1/namespaces/{namespace}/pods", pod)
    assert (status, answer["message"]) == (403, f'pods "p" is forbidden: {why}')
