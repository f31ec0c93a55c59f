"""What several controllers share: expectations, ownership, revisions, and which selectors match."""

from __future__ import annotations

import pytest

from controllers.expectations import TIMEOUT, Expectations
from controllers.history import find_equal, new_revision, surplus, template_in
from controllers.ownership import claim
from controllers.selectors import by_label, by_selector
from controllers.service_index import endpoint_facts, services_by_label
from kube.api.apps_v1 import ControllerRevision, StatefulSet
from kube.api.core_v1 import Pod, Service
from kube.apimachinery.labels import from_label_selector
from kube.apimachinery.meta_v1 import LabelSelector, OwnerReference
from tests.controllers.templates import stateful_set

# ---- expectations ----


class Seen:
    """Expectations for one key, and a clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.expectations = Expectations(lambda: self.now)

    def __call__(self, step: str) -> bool:
        verb, _, what = step.partition(" ")
        match verb:
            case "create":
                self.expectations.expect_creations("k", int(what))
            case "delete":
                self.expectations.expect_deletions("k", what.split(","))
            case "too":
                self.expectations.expect_creations_too("k", int(what))
            case "created":
                self.expectations.creation_observed("k")
            case "deleted":
                self.expectations.deletion_observed("k", what)
            case "wait":
                self.now += float(what)
            case "forget":
                self.expectations.forget("k")
        return self.expectations.satisfied("k")


@pytest.mark.parametrize(
    "steps",
    [
        [("", True)],  # of a key of which nothing is expected
        [("create 2", False), ("created", False), ("created", True), ("created", True)],
        [("delete a,b", False), ("deleted a", False), ("deleted a", False), ("deleted b", True)],
        [("delete a", False), ("deleted x", False), ("deleted a", True)],
        [("delete a", False), ("too 1", False), ("created", False), ("deleted a", True)],
        [("create 1", False), (f"wait {TIMEOUT}", False), ("wait 1", True)],  # the event was lost
        [("create 1", False), ("forget", True)],
        [("created", True), ("create 1", False)],  # what came before counts for nothing
    ],
)
def test_expectations(steps: list[tuple[str, bool]]) -> None:
    seen = Seen()
    assert [seen(step) for step, _ in steps] == [satisfied for _, satisfied in steps]


# ---- who controls what ----


def pod(owner: str = "", *, app: str = "db", going: bool = False) -> Pod:
    made = Pod.from_dict({"metadata": {"name": "p", "namespace": "default", "labels": {"app": app}}})
    if owner:
        made.metadata.ownerReferences = [OwnerReference(kind="StatefulSet", name="db", uid=owner, controller=True)]
    if going:
        made.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    return made


@pytest.mark.parametrize(
    ("given", "owner_goes", "expected"),
    [
        (pod("me"), False, "owned"),
        (pod("me", app="x"), False, "release"),
        (pod("me", app="x"), True, ""),
        (pod("other"), False, ""),
        (pod("other", app="x"), False, ""),
        (pod(), False, "adopt"),
        (pod(), True, ""),
        (pod(going=True), False, ""),
        (pod(app="x"), False, ""),
        (pod("me", going=True), False, "owned"),
    ],
)
def test_what_is_owned_adopted_and_released(given: Pod, owner_goes: bool, expected: str) -> None:
    owner = stateful_set()
    owner.metadata.uid = "me"
    if owner_goes:
        owner.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    found = claim(owner, from_label_selector(owner.spec.selector), [given])
    assert [name for name in ("owned", "adopt", "release") if getattr(found, name)] == ([expected] if expected else [])


# ---- revisions ----


def revision(name: str, number: int) -> ControllerRevision:
    return ControllerRevision.from_dict({"metadata": {"name": name}, "revision": number})


@pytest.mark.parametrize(
    ("live", "limit", "goes"),
    [
        ([], 10, []),
        ([], 2, ["a", "b"]),
        ([], 0, ["a", "b", "c", "d"]),
        (["a"], 1, ["b", "c"]),  # what a pod or the status names stays, and does not count
        (["a", "b", "c", "d"], 0, []),
        ([], None, []),
    ],
)
def test_the_oldest_revisions_go(live: list[str], limit: int | None, goes: list[str]) -> None:
    given = [revision(name, number) for number, name in enumerate("abcd")]
    assert [r.metadata.name for r in surplus(reversed(given), live, limit)] == goes


def test_a_revision_brings_its_template_back() -> None:
    sts = stateful_set()
    sts.metadata.name = "db"
    made = new_revision(sts, 3, None)
    assert (made.revision, made.metadata.namespace, made.data["spec"]["template"]["$patch"]) == (
        3,
        "default",
        "replace",
    )
    assert template_in(made) == sts.spec.template
    hash_ = made.metadata.labels["controller-revision-hash"]
    assert made.metadata.name == f"db-{hash_}"
    assert new_revision(sts, 4, None).metadata.name == made.metadata.name, "the number is no part of the name"
    assert new_revision(sts, 4, 1).metadata.name != made.metadata.name, "a collision is"


def test_the_newest_of_equal_revisions_is_found() -> None:
    sts: StatefulSet = stateful_set()
    first, second = new_revision(sts, 1, None), new_revision(sts, 2, 1)
    assert find_equal([second, first], new_revision(sts, 3, None)) is second
    sts.spec.replicas = 9
    assert find_equal([first], new_revision(sts, 3, None)) is first, "only the template counts"
    sts.spec.template.spec.containers[0].image = "db:2"
    assert find_equal([second, first], new_revision(sts, 3, None)) is None


# ---- selectors ----


@pytest.mark.parametrize(
    ("selector", "value"),
    [
        (LabelSelector(matchLabels={"b": "2", "a": "1"}), ["default/a=1"]),
        (LabelSelector(), ["default/"]),
        (LabelSelector.from_dict({"matchExpressions": [{"key": "a", "operator": "Exists"}]}), ["default/"]),
        (None, []),
    ],
)
def test_a_selector_is_found_by_one_pair_that_its_objects_have(selector: LabelSelector | None, value: list) -> None:
    sts = stateful_set()
    sts.spec.selector = selector
    assert by_selector(sts) == value
    assert set(value) <= set(by_label(pod())) | {"default/a=1"}


@pytest.mark.parametrize(("selector", "value"), [({"b": "2", "a": "1"}, ("default/a=1",)), ({}, ())])
def test_a_service_is_found_by_one_pair(selector: dict, value: tuple) -> None:
    given = Service.from_dict({"metadata": {"name": "s", "namespace": "default"}, "spec": {"selector": selector}})
    assert services_by_label(given) == value


@pytest.mark.parametrize(
    ("path", "value", "matters"),
    [
        ("status.podIP", "10.0.0.9", True),
        ("spec.nodeName", "n", True),
        ("spec.hostname", "h", True),
        ("spec.subdomain", "s", True),
        ("status.phase", "Failed", True),
        ("metadata.labels", {"x": "y"}, True),
        ("metadata.deletionTimestamp", "2026-01-01T00:00:00Z", True),
        ("status.message", "x", False),
        ("metadata.resourceVersion", "9", False),
        ("metadata.annotations", {"x": "y"}, False),
    ],
)
def test_what_of_a_pod_matters_to_its_endpoint(path: str, value: object, matters: bool) -> None:
    before, after = pod(), pod()
    part, field = path.split(".")
    setattr(getattr(after, part), field, value)
    assert (endpoint_facts(before) != endpoint_facts(after)) is matters
