# ruff: noqa: E501 (tables read better unbroken)
"""Strategic merge: directives, list merging, order; and kubectl apply's three-way patch."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kube.apimachinery.errors import BadRequest
from kube.apimachinery.patch import restore, strategic

from .gadget import Gadget, gadget, some, y

CASES = """
- case: maps merge, scalars replace, null deletes
  live:  {size: 1, paused: true, strategy: {type: A, step: 2}}
  patch: {size: 5, paused: null, strategy: {step: 3}}
  want:  {size: 5, strategy: {type: A, step: 3}}
- case: keyed lists merge by key, and the patch's items come first where the order is open
  live:  {boxes: [{name: a, image: i}]}
  patch: {boxes: [{name: b, image: j}]}
  want:  {boxes: [{name: b, image: j}, {name: a, image: i}]}
- case: an item that exists is merged in place
  live:  {boxes: [{name: a, image: i, args: [x]}, {name: b, image: i}]}
  patch: {boxes: [{name: b, image: k}]}
  want:  {boxes: [{name: a, image: i, args: [x]}, {name: b, image: k}]}
- case: lists without a merge strategy are replaced
  live:  {boxes: [{name: a, args: [x, y]}]}
  patch: {boxes: [{name: a, args: [z]}]}
  want:  {boxes: [{name: a, args: [z]}]}
- case: "$patch: delete removes an item, and does nothing for one that is not there"
  live:  {boxes: [{name: a}, {name: b}]}
  patch: {boxes: [{$patch: delete, name: a}, {$patch: delete, name: none}]}
  want:  {boxes: [{name: b}]}
- case: "$patch: replace in a list replaces the list"
  live:  {boxes: [{name: a}, {name: b}]}
  patch: {boxes: [{$patch: replace}, {name: c}]}
  want:  {boxes: [{name: c}]}
- case: "$patch: replace in a map replaces the map"
  live:  {strategy: {type: A, step: 2}}
  patch: {strategy: {$patch: replace, step: 9}}
  want:  {strategy: {step: 9}}
- case: "$patch: delete in a map empties it"
  live:  {strategy: {type: A, step: 2}}
  patch: {strategy: {$patch: delete}}
  want:  {strategy: {}}
- case: "$setElementOrder reorders, and items it does not name keep their place"
  live:  {boxes: [{name: a}, {name: s}, {name: b}]}
  patch: {$setElementOrder/boxes: [{name: b}, {name: a}]}
  want:  {boxes: [{name: s}, {name: b}, {name: a}]}
- case: "$setElementOrder with changes"
  live:  {boxes: [{name: a}, {name: b}]}
  patch: {$setElementOrder/boxes: [{name: c}, {name: b}, {name: a}], boxes: [{name: c, image: n}]}
  want:  {boxes: [{name: c, image: n}, {name: b}, {name: a}]}
- case: "$deleteFromPrimitiveList"
  live:  {tags: [a, b, c]}
  patch: {$deleteFromPrimitiveList/tags: [b], tags: [d]}
  want:  {tags: [d, a, c]}
- case: primitive lists are united
  live:  {tags: [a, b]}
  patch: {tags: [b, c]}
  want:  {tags: [a, b, c]}
- case: "$retainKeys drops the sibling that is not named"
  live:  {volumes: [{name: v, disk: d}]}
  patch: {volumes: [{name: v, $retainKeys: [name, memory], memory: {limit: 1Gi}}]}
  want:  {volumes: [{name: v, memory: {limit: 1Gi}}]}
- case: directives and nulls never reach what is stored
  live:  {}
  patch: {strategy: {$retainKeys: [type], type: A, step: null}, $setElementOrder/boxes: [{name: a}], boxes: [{name: a, env: [{$patch: delete, name: e}]}]}
  want:  {strategy: {type: A}, boxes: [{name: a, env: []}]}
"""

REFUSED = """
- [{boxes: [{image: i}]},                                      "map: map[image:i] does not contain declared merge key: name"]
- [{boxes: [{name: a, $patch: sideways}]},                     "unknown patch type: sideways in map: map[$patch:sideways name:a]"]
- [{boxes: [{name: a, $patch: merge}]},                        "merging lists cannot yet be specified in the patch"]
- [{strategy: {$patch: explode}},                              "unknown patch type: explode in map: map[$patch:explode]"]
- [{strategy: {$retainKeys: [type], step: 1}},                 "invalid patch format of retainKeys"]
- [{boxes: [text]},                                            "list element types are not identical: [[map[name:a]] [text]]"]
- [{$setElementOrder/boxes: text},                             "invalid patch format of setElementOrder list"]
- [{$setElementOrder/boxes: [{name: x}], boxes: [{name: b}]},  "The order in patch list:\\n[map[name:b]]\\n doesn't match $setElementOrder list:\\n[map[name:x]]\\n"]
"""

UNFIT = """
- [{boxes: {name: a}},            cannot restore slice from map]
- [{size: three},                 "unrecognized type: int32"]
- [{strategy: text},              "cannot restore struct from: string"]
- [{boxes: [{name: 5}]},          cannot convert int64 to string]
- [{selector: {matchLabels: []}}, cannot restore map from slice]
- [{size: 3, paused: true},           ""]
"""


@pytest.mark.parametrize("case", [pytest.param(c, id=c["case"]) for c in yaml.safe_load(CASES)])
def test_a_patch(case):
    live = {"metadata": {}, "spec": case["live"]}
    assert strategic.apply(live, {"spec": case["patch"]}, Gadget)["spec"] == case["want"]


@pytest.mark.parametrize(("patch", "message"), yaml.safe_load(REFUSED))
def test_a_patch_is_refused(patch, message):
    with pytest.raises(BadRequest) as refused:
        strategic.apply(gadget("boxes: [{name: a}]\nstrategy: {type: A}"), {"spec": patch}, Gadget)
    assert refused.value.message == message


@pytest.mark.parametrize(("spec", "why"), yaml.safe_load(UNFIT))
def test_an_outcome_that_does_not_fit_the_type(spec, why):
    assert restore.problem({"kind": "Gadget", "spec": spec}, Gadget) == why


def test_the_error_for_an_outcome_that_does_not_fit():
    error = restore.refuse({"spec": "text"}, "cannot restore struct from: string")
    assert error.message == (
        ' "" is invalid: patch: Invalid value: "map[spec:text]": cannot restore struct from: string'
    )


THREE_WAY = """
- case: nothing changed
  original: {size: 1}
  modified: {size: 1}
  current:  {size: 1, paused: true}
  patch:    {}
- case: a change, a deletion, and what others added stays
  original: {size: 1, paused: true}
  modified: {size: 2}
  current:  {size: 1, paused: true, tags: [theirs]}
  patch:    {size: 2, paused: null}
- case: an item changed
  original: {boxes: [{name: a, image: i}]}
  modified: {boxes: [{name: a, image: j}]}
  current:  {boxes: [{name: a, image: i}, {name: injected}]}
  patch:    {$setElementOrder/boxes: [{name: a}], boxes: [{name: a, image: j}]}
- case: an item removed
  original: {boxes: [{name: a}, {name: b}]}
  modified: {boxes: [{name: a}]}
  current:  {boxes: [{name: a}, {name: b}]}
  patch:    {$setElementOrder/boxes: [{name: a}], boxes: [{$patch: delete, name: b}]}
- case: a primitive removed
  original: {tags: [a, b]}
  modified: {tags: [a]}
  current:  {tags: [a, b]}
  patch:    {$setElementOrder/tags: [a], $deleteFromPrimitiveList/tags: [b]}
- case: keys to retain
  original: {strategy: {type: A, step: 1}}
  modified: {strategy: {type: B}}
  current:  {strategy: {type: A, step: 1}}
  patch:    {strategy: {$retainKeys: [type], type: B, step: null}}
"""


@pytest.mark.parametrize("case", [pytest.param(c, id=c["case"]) for c in yaml.safe_load(THREE_WAY)])
def test_kubectl_applies(case):
    docs = [{"spec": case[name]} for name in ("original", "modified", "current")]
    assert strategic.three_way(*docs, Gadget).get("spec", {}) == case["patch"]


# ---- properties ----

names = st.sampled_from("abcd")
boxes = st.lists(
    st.fixed_dictionaries(
        {"name": names},
        optional={
            "image": st.sampled_from("ij"),
            "args": st.lists(st.sampled_from("xy"), min_size=1, max_size=2),
            "env": st.lists(
                st.fixed_dictionaries({"name": names}, optional={"value": names}),
                min_size=1,
                max_size=3,
                unique_by=lambda e: e["name"],
            ),
        },
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda b: b["name"],
)
specs = st.fixed_dictionaries(
    {},
    optional={
        "size": st.integers(0, 3),
        "boxes": boxes,
        "tags": st.lists(names, min_size=1, max_size=3, unique=True),
        "strategy": st.fixed_dictionaries({}, optional={"type": names, "step": st.integers(1, 3)}),
    },
)


@some
@given(specs, specs)
def test_three_way_from_the_last_applied_state_gives_the_new_one(original, modified):
    patch = strategic.three_way({"spec": original}, {"spec": modified}, {"spec": original}, Gadget)
    assert strategic.apply({"spec": original}, patch, Gadget)["spec"] == modified


@some
@given(specs, specs, specs)
def test_three_way_leaves_nothing_to_do(original, modified, current):
    first = strategic.three_way({"spec": original}, {"spec": modified}, {"spec": current}, Gadget)
    live = strategic.apply({"spec": current}, first, Gadget)
    again = strategic.three_way({"spec": modified}, {"spec": modified}, live, Gadget)
    assert strategic.apply(live, again, Gadget) == live


def test_given_documents_are_not_changed():
    live, patch = gadget("boxes: [{name: a, env: [{name: e}]}]"), y("spec: {boxes: [{name: a, $patch: delete}]}")
    strategic.apply(live, patch, Gadget)
    assert live == gadget("boxes: [{name: a, env: [{name: e}]}]")
    assert patch == y("spec: {boxes: [{name: a, $patch: delete}]}")
