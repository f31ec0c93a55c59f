"""Errors: the Status that clients see, field paths, and values as Go writes them in a text."""

import pytest

from kube.api import scheme
from kube.apimachinery import errors
from kube.apimachinery.errors import Path
from kube.apimachinery.meta_v1 import LabelSelector, OwnerReference, Status

DEPLOYMENTS = scheme.by_path("apps", "v1", "deployments")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'), ('say "x"', r'"say \"x\""'), ("\\", r'"\\"'), ("ünï", '"ünï"'),
        ("\n\x01\x7f\u200b", r'"\n\x01\x7f\u200b"'),
        (5, "5"), (2.5, "2.5"), (True, "true"), (None, "null"), ([], "[]"), (["b", "a"], '["b","a"]'),
        ({"b": 1, "a": "<"}, r'{"a":"\u003c","b":1}'),
        (OwnerReference(kind="Pod", name="x", controller=True),
         '{"apiVersion":"","kind":"Pod","name":"x","uid":"","controller":true}'),
        ([LabelSelector(matchLabels={"b": "1", "a": "2"})], '[{"matchLabels":{"a":"2","b":"1"}}]'),
    ],
)  # fmt: skip
def test_values_in_texts(value, text):
    assert errors.quoted(value) == text


def test_paths():
    assert str(Path("spec")["ports"][0]["name"]) == "spec.ports[0].name"
    assert str(Path("metadata")["labels"].key("a/b")) == "metadata.labels[a/b]"
    assert str(Path()) == "<nil>"


@pytest.mark.parametrize(
    ("error", "reason", "text"),
    [
        (errors.required(Path("a")), "FieldValueRequired", "a: Required value"),
        (errors.invalid_value(Path("a"), 0, "why"), "FieldValueInvalid", "a: Invalid value: 0: why"),
        (errors.not_supported(Path("a"), "x", {"c", "b"}), "FieldValueNotSupported",
         'a: Unsupported value: "x": supported values: "b", "c"'),
        (errors.forbidden(Path("a"), "why"), "FieldValueForbidden", "a: Forbidden: why"),
        (errors.duplicate(Path("a"), "x"), "FieldValueDuplicate", 'a: Duplicate value: "x"'),
        (errors.too_long(Path("a"), 5), "FieldValueTooLong", "a: Too long: may not be more than 5 bytes"),
        (errors.too_many(Path("a"), 3, 2), "FieldValueTooMany", "a: Too many: 3: must have at most 2 items"),
    ],
)  # fmt: skip
def test_field_errors(error, reason, text):
    assert (error.reason, str(error)) == (reason, text)


def test_invalid_names_every_field():
    one, two = errors.required(Path("a")), errors.required(Path("b"))
    error = errors.invalid(DEPLOYMENTS, "web", [one, two])
    assert error.message == 'Deployment.apps "web" is invalid: [a: Required value, b: Required value]'
    assert (error.status.code, error.details.kind, len(error.details.causes)) == (422, "Deployment", 2)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (errors.not_found(DEPLOYMENTS, "web"), 'deployments.apps "web" not found'),
        (errors.already_exists(DEPLOYMENTS, "web"), 'deployments.apps "web" already exists'),
        (errors.conflict(DEPLOYMENTS, "web", "why"), 'Operation cannot be fulfilled on deployments.apps "web": why'),
    ],
)
def test_an_error_comes_back_from_its_status(error, message):
    status = Status.from_json(error.status.to_json())
    again = errors.from_status(status)
    assert type(again) is type(error) and again.message == message and again.details == error.details
