"""The strategy of Namespaces."""

from apiserver.registry.core.namespaces.strategy import NamespaceStrategy
from kube.api.core_v1 import Namespace
from tests.apiserver.registry.driver import create, parse, update, update_status

STRATEGY = NamespaceStrategy()


def namespace(rest: str = "{}") -> Namespace:
    return parse(Namespace, rest)


def test_a_namespace_is_born_active_named_and_held():
    obj, found = create(STRATEGY, namespace("{spec: {finalizers: [example.com/own]}, status: {phase: Terminating}}"))
    assert found == []
    assert obj.metadata.labels == {"kubernetes.io/metadata.name": "x"}
    assert obj.spec.finalizers == ["example.com/own", "kubernetes"]
    assert obj.status.phase == "Active"


def test_an_update_changes_only_metadata_and_not_the_name_label():
    old, _ = create(STRATEGY, namespace())
    obj, found = update(
        STRATEGY, namespace("{metadata: {labels: {kubernetes.io/metadata.name: y, a: b}}, spec: {finalizers: []}}"), old
    )
    assert found == []
    assert obj.metadata.labels == {"kubernetes.io/metadata.name": "x", "a": "b"}
    assert (obj.spec, obj.status) == (old.spec, old.status)


def test_the_phase_follows_the_deletion():
    old, _ = create(STRATEGY, namespace())
    _, found = update_status(STRATEGY, namespace("{status: {phase: Terminating}}"), old)
    assert found == [
        "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"
    ]
    going = namespace("{metadata: {deletionTimestamp: '2026-01-02T03:04:05Z'}, status: {phase: Active}}")
    assert update_status(STRATEGY, going, old)[1] == [
        "status.Phase: Invalid value: \"Active\": may only be 'Terminating' if `deletionTimestamp` is not empty"
    ]


def test_finalizers_are_changed_through_finalize():
    prepare, validate = STRATEGY.update_stages()["finalize"]
    old, _ = create(STRATEGY, namespace())
    obj = namespace("{spec: {finalizers: [nodomain]}, status: {phase: Sleeping}}")
    prepare(obj, old, None)
    assert obj.status.phase == "Active"
    assert [str(e) for e in validate(obj, old)] == [
        'spec.finalizers[0]: Invalid value: "nodomain": name is neither a standard finalizer name nor is it fully '
        "qualified"
    ]


def test_its_finalizers_hold_it():
    obj, _ = create(STRATEGY, namespace())
    assert STRATEGY.holds(obj)
    STRATEGY.prepare_for_delete(obj)
    obj.spec.finalizers = []
    assert obj.status.phase == "Terminating" and not STRATEGY.holds(obj)


def test_names_are_labels():
    assert STRATEGY.validate_name("a.b") == ["must not contain dots"]
