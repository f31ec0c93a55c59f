"""The strategy of Secrets."""

import pytest

from apiserver.registry.core.secrets.strategy import SecretStrategy
from kube.api.core_v1 import Secret
from tests.apiserver.registry.driver import create, parse, update

STRATEGY = SecretStrategy()
REDACTED = 'Invalid value: "<secret contents redacted>"'


def test_string_data_is_written_into_data():
    obj, found = create(STRATEGY, parse(Secret, "{data: {a: b2xk}, stringData: {a: new, b: zażółć}}"))
    assert found == []
    assert obj.to_dict()["data"] == {"a": "bmV3", "b": "emHFvMOzxYLEhw=="}
    assert "stringData" not in obj.to_dict() and obj.type == "Opaque"


@pytest.mark.parametrize(
    ("kind", "data", "wanted"),
    [
        ("kubernetes.io/service-account-token", "{}",
         ["metadata.annotations[kubernetes.io/service-account.name]: Required value"]),
        ("kubernetes.io/dockercfg", "{}", ["data[.dockercfg]: Required value"]),
        ("kubernetes.io/dockercfg", "{.dockercfg: '[]'}",
         [f"data[.dockercfg]: {REDACTED}: json: cannot unmarshal array into Go value of type map[string]interface {{}}"
          ]),
        ("kubernetes.io/dockerconfigjson", "{.dockerconfigjson: '{oops'}",
         [f"data[.dockerconfigjson]: {REDACTED}: invalid character 'o' looking for beginning of object key string"]),
        ("kubernetes.io/dockerconfigjson", "{.dockerconfigjson: '{}'}", []),
        ("kubernetes.io/basic-auth", "{}", ["data[username]: Required value", "data[password]: Required value"]),
        ("kubernetes.io/basic-auth", "{password: ''}", []),
        ("kubernetes.io/ssh-auth", "{ssh-privatekey: ''}", ["data[ssh-privatekey]: Required value"]),
        ("kubernetes.io/tls", "{tls.crt: x}", ["data[tls.key]: Required value"]),
        ("example.com/own", "{}", []),
    ],
)  # fmt: skip
def test_what_a_type_demands(kind, data, wanted):
    assert create(STRATEGY, parse(Secret, f"{{type: {kind}, stringData: {data}}}"))[1] == wanted


def test_type_and_contents_may_be_for_life():
    old, _ = create(STRATEGY, parse(Secret, "{type: a/b, stringData: {a: '1'}, immutable: true}"))
    assert update(STRATEGY, parse(Secret, "{immutable: true}"), old)[1] == [
        'type: Invalid value: "Opaque": field is immutable',
        "data: Forbidden: field is immutable when `immutable` is set",
    ]
