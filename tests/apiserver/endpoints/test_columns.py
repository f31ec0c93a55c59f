"""Cells that many Tables share."""

from __future__ import annotations

import pytest

from apiserver.endpoints.printers.columns import first_three
from apiserver.endpoints.printers.pods import pod as pod_row
from apiserver.endpoints.printers.workloads import replication_controller
from kube.api.core_v1 import Pod, ReplicationController


def test_first_three() -> None:
    assert first_three([], "<none>") == "<none>"
    assert first_three(["a", "b", "c"], "") == "a,b,c"
    assert first_three(["a", "b", "c", "d", "e"], "") == "a,b,c + 2 more..."


def container(name: str, ready: bool = False, **state: object) -> dict:
    return {"name": name, "ready": ready, "restartCount": 0, "image": "", "imageID": "", "state": state}


RUNNING = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}


@pytest.mark.parametrize(
    ("status", "cells"),
    [
        ({"phase": "Pending"}, "0/1 Pending 0"),
        ({"phase": "Running", "containerStatuses": [container("a", True, **RUNNING)]}, "1/1 Running 0"),
        ({"phase": "Pending", "containerStatuses": [container("a", waiting={"reason": "ErrImagePull"})]},
         "0/1 ErrImagePull 0"),
        ({"phase": "Failed", "containerStatuses": [container("a", terminated={"exitCode": 3})]}, "0/1 ExitCode:3 0"),
        ({"phase": "Failed", "containerStatuses": [container("a", terminated={"exitCode": 0, "signal": 9})]},
         "0/1 Signal:9 0"),
        ({"phase": "Failed", "reason": "Evicted"}, "0/1 Evicted 0"),
    ],
)  # fmt: skip
def test_pod_status(status: dict, cells: str) -> None:
    pod = Pod.from_dict({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a"}]}, "status": status})
    assert " ".join(map(str, pod_row(pod)[1:4])) == cells


def test_replication_controller() -> None:
    spec = {"replicas": 3, "selector": {"b": "2", "a": "1"}}
    one = ReplicationController.from_dict({"metadata": {"name": "old"}, "spec": spec})
    assert replication_controller(one) == ["old", 3, 0, 0, "<unknown>", "", "", "a=1,b=2"]
    one.spec.template = Pod.from_dict({"spec": {"containers": [{"name": "c", "image": "i"}]}})
    assert replication_controller(one)[5:7] == ["c", "i"]
