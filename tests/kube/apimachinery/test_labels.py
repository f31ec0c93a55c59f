"""Label selectors: text, object form, matching, and Kubernetes' words for what does not parse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.apimachinery import labels
from kube.apimachinery.errors import Path
from kube.apimachinery.meta_v1 import LabelSelector, LabelSelectorRequirement

WEB = {"app": "web", "tier": "front", "size": "3"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app=web,tier=back", False),
        ("app!=db", True),
        ("absent!=x", True),
        ("app", True),
        ("!app", False),
        ("!absent", True),
        ("app in (web, db)", True),
        ("app notin (web)", False),
        ("absent notin (web)", True),
        ("absent in ()", False),
        ("size>2,size<4", True),
        ("size>3", False),
        ("app>3", False),
        ("app=", False),
        ("!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name", True),
    ],
)
def test_matching(text, matches):
    assert labels.parse(text).matches(WEB) is matches


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (",", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("a!=!b", "unable to parse requirement: found '!', expected: identifier"),
        ("(a)", "found '(', expected: !, identifier, or 'end of string'"),
        ("a exists", "unable to parse requirement: found 'exists', expected: in, notin, =, ==, !=, gt, lt"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',', or ')'"),
        ("size>abc", "unable to parse requirement: values[0]: Invalid value: \"abc\": for 'Gt', 'Lt' operators, "
                     "the value must be an integer"),
    ],
)  # fmt: skip
def test_errors(text, error):
    with pytest.raises(ValueError) as raised:
        labels.parse(text)
    assert str(raised.value) == error


def test_bad_keys_and_values_are_named():
    with pytest.raises(ValueError, match=r'^unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label'):
        labels.parse("a/b/c=d")
    with pytest.raises(ValueError, match=r"^unable to parse requirement: values\[0\]\[a\]: Invalid value: .*63 bytes$"):
        labels.parse("a=" + "v" * 64)


def test_object_form():
    selector = labels.from_label_selector(
        LabelSelector(
            matchLabels={"app": "web"},
            matchExpressions=[
                LabelSelectorRequirement(key="tier", operator="In", values=["front", "back"]),
                LabelSelectorRequirement(key="old", operator="DoesNotExist"),
            ],
        )
    )
    assert str(selector) == "app=web,!old,tier in (back,front)"
    assert selector.matches(WEB)


def test_no_selector_matches_nothing_and_an_empty_one_everything():
    assert not labels.from_label_selector(None).matches(WEB)
    assert labels.from_label_selector(LabelSelector()).matches(WEB)


def test_validation_of_the_object_form():
    selector = LabelSelector(
        matchLabels={"a/b/c": "x"},
        matchExpressions=[
            LabelSelectorRequirement(key="k", operator="In"),
            LabelSelectorRequirement(key="k", operator="Exists", values=["v"]),
            LabelSelectorRequirement(key="k", operator="Has"),
        ],
    )
    found = [e.field for e in labels.validate_label_selector(selector, Path("spec")["selector"])]
    assert found == [
        "spec.selector.matchLabels",
        "spec.selector.matchExpressions[0].values",
        "spec.selector.matchExpressions[1].values",
        "spec.selector.matchExpressions[2].operator",
    ]


words = st.text("abz019", min_size=1, max_size=4)


@given(st.dictionaries(words, words, max_size=4), st.dictionaries(words, words, max_size=4))
def test_a_set_matches_what_contains_it(small, large):
    selector = labels.parse(str(labels.from_set(small)))
    assert selector.matches(large) is labels.is_subset(small, large)
