"""The strategy of ConfigMaps."""

import pytest

from apiserver.registry.core.configmaps.strategy import ConfigMapStrategy
from kube.api.core_v1 import ConfigMap
from tests.apiserver.registry.driver import create, parse, update

STRATEGY = ConfigMapStrategy()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("{data: {a.b_c-D: x}, binaryData: {z: AA==}}", []),
        ("{data: {..: x}}", ['data[..]: Invalid value: "..": must not be \'..\'']),
        ("{data: {..a: x}}", ["data[..a]: Invalid value: \"..a\": must not start with '..'"]),
        ("{data: {a: x}, binaryData: {a: AA==}}",
         ['data[a]: Invalid value: "a": duplicate of key present in binaryData']),
    ],
)  # fmt: skip
def test_what_is_wrong(given, wanted):
    assert create(STRATEGY, parse(ConfigMap, given))[1] == wanted


def test_size():
    big = parse(ConfigMap, {"data": {"a": "x" * (1 << 20)}, "binaryData": {"b": "AA=="}})
    assert create(STRATEGY, big)[1] == ["[]: Too long: may not be more than 1048576 bytes"]


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        ("{data: {a: '1'}, immutable: true, metadata: {labels: {l: v}}}", []),
        ("{data: {a: '2'}}",
         ["immutable: Forbidden: field is immutable when `immutable` is set",
          "data: Forbidden: field is immutable when `immutable` is set"]),
    ],
)  # fmt: skip
def test_immutable_is_for_life(after, wanted):
    old = parse(ConfigMap, "{data: {a: '1'}, immutable: true}")
    assert update(STRATEGY, parse(ConfigMap, after), old)[1] == wanted
