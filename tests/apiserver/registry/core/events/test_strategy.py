"""Events: one store, two faces."""

import pytest

from apiserver.registry.core.events.conversion import to_core, to_new
from apiserver.registry.core.events.strategy import EventStrategy
from apiserver.registry.core.events.view import EventsView
from apiserver.registry.events.events.strategy import NewEventStrategy
from apiserver.storage.cacher import Cacher
from apiserver.storage.etcd import EtcdStorage
from apiserver.storage.interface import Absent, Put
from kube.api import core_v1, events_v1
from kube.apimachinery.errors import Invalid
from tests.apiserver.registry.driver import create, parse, update

CORE = "{involvedObject: {kind: Pod, name: p, namespace: ns}, message: m, reason: R, count: 2, source: {component: c}}"
NEW = (
    "{regarding: {kind: Pod, name: p, namespace: ns}, note: m, reason: R, action: A, type: Normal, "
    "reportingController: a.b/c, reportingInstance: i, eventTime: '2026-01-02T03:04:05.000000Z'}"
)


def test_both_faces_show_the_same_event():
    core = parse(core_v1.Event, CORE)
    new = to_new(core)
    assert (new.regarding, new.note, new.deprecatedCount, new.deprecatedSource.component) == (
        core.involvedObject, "m", 2, "c",
    )  # fmt: skip
    assert to_core(new) == core


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (CORE, []),
        ("{}", ['involvedObject.namespace: Invalid value: "": does not match event.namespace']),
        ("{involvedObject: {namespace: other}}",
         ['involvedObject.namespace: Invalid value: "other": does not match event.namespace']),
        ("{involvedObject: {namespace: ns}, eventTime: '2026-01-02T03:04:05.000000Z', reportingComponent: c}",
         ["reportingInstance: Required value", "action: Required value", "reason: Required value"]),
    ],
)  # fmt: skip
def test_core_is_lenient_but_for_events_with_a_time(given, wanted):
    assert create(EventStrategy(), parse(core_v1.Event, given))[1] == wanted


def refusals(work) -> list[str]:
    """The new face raises, since it speaks of the core kind."""
    with pytest.raises(Invalid) as caught:
        work()
    assert caught.value.message.startswith('Event "x" is invalid')
    return [f"{c.field}: {c.message}" for c in caught.value.details.causes]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"eventTime": None}, ["eventTime: Required value"]),
        ({"type": "Loud"}, ['type: Invalid value: "": has invalid value: Loud']),
        ({"note": "x" * 1025}, ['message: Invalid value: "": can have at most 1024 characters']),
        ({"reportingController": ""},
         ["reportingController: Required value",
          'reportingController: Invalid value: "": name part must be non-empty',
          "reportingController: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or "
          "'.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
          "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"]),
        ({"deprecatedCount": 3, "deprecatedSource": {"host": "h"}},
         ['count: Invalid value: "": needs to be unset', 'source: Invalid value: "": needs to be unset']),
        ({"series": {"count": 1, "lastObservedTime": None}},
         ['series.count: Invalid value: "": should be at least 2', "series.lastObservedTime: Required value"]),
    ],
)  # fmt: skip
def test_the_new_face_is_strict(change, wanted):
    event = events_v1.Event.from_dict({**parse(events_v1.Event, NEW).to_dict(), **change})
    assert refusals(lambda: create(NewEventStrategy(), event)) == wanted


def test_through_the_new_face_only_a_series_grows():
    old = parse(events_v1.Event, NEW)
    new = old.deep_copy()
    new.note = "other"
    assert refusals(lambda: update(NewEventStrategy(), new, old)) == [
        'message: Invalid value: "other": field is immutable'
    ]
    new.note, new.series = "m", events_v1.EventSeries(count=2, lastObservedTime="2026-01-02T03:04:06.000000Z")
    assert update(NewEventStrategy(), new, old)[1] == []


def test_fields_that_selectors_know():
    fields = EventStrategy().fields(parse(core_v1.Event, CORE))
    assert fields.keys() == EventStrategy.field_labels
    assert (fields["involvedObject.name"], fields["source"]) == ("p", "c")


async def test_the_view_translates_reads_writes_and_watches(etcd: str):
    storage = Cacher(EtcdStorage([etcd], "/events-view"))
    await storage.start()
    try:
        view, key = EventsView(storage), "/registry/events/ns/x"
        watch = view.watch("/registry/events/", revision=await view.current_revision())
        await view.commit([Absent(key)], [Put(key, parse(events_v1.Event, NEW).to_json())])
        assert core_v1.Event.from_json((await storage.get(key)).data).message == "m"
        assert events_v1.Event.from_json((await view.get(key)).data).note == "m"
        assert (await view.list("/registry/events/")).items[0].data == (await view.get(key)).data
        event = await anext(watch)
        assert events_v1.Event.from_json(event.data).regarding.name == "p"
        await watch.aclose()
    finally:
        await storage.aclose()
