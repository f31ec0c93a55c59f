"""Names, ports, addresses and metadata: what is allowed, and Kubernetes' words for what is not."""

import pytest

from kube.apimachinery import validation as v
from kube.apimachinery.meta_v1 import ObjectMeta, OwnerReference

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
NAME_PART = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


@pytest.mark.parametrize(
    ("rule", "good"),
    [
        (v.is_dns1123_label, ["a", "a-1", "1a", "x" * 63]),
        (v.is_dns1123_subdomain, ["a.b", "a-1.b2", "x" * 253]),
        (v.is_dns1035_label, ["a", "a-1"]),
        (v.is_qualified_name, ["app", "example.com/App_1.x", "a"]),
        (v.is_valid_label_value, ["", "A_b.c-1"]),
        (v.is_config_map_key, ["key.name", "KEY_NAME", ".hidden"]),
        (v.is_env_var_name, ["A", "a b", "1"]),
        (v.is_path_segment_name, ["system:node", "A b"]),
        (v.is_valid_port_name, ["http", "a1-b"]),
        (v.is_valid_ip, ["10.0.0.1", "fd00::1"]),
        (v.is_valid_cidr, ["10.0.0.0/8", "fd00::/8"]),
        (v.is_fully_qualified_domain_name, ["a.b", "a.b."]),
        (v.is_valid_percent, ["5%"]),
    ],
)
def test_what_is_allowed(rule, good):
    assert [rule(name) for name in good] == [[]] * len(good)


@pytest.mark.parametrize(
    ("rule", "value", "problems"),
    [
        (v.is_dns1123_subdomain, "Bad", [SUBDOMAIN]),
        (v.is_dns1123_subdomain, "a" * 254, ["must be no more than 253 characters"]),
        (v.is_dns1123_label, "a.b", ["must not contain dots"]),
        (v.is_dns1123_label, "a" * 64, ["must be no more than 63 characters"]),
        (v.is_qualified_name, "a b", [NAME_PART]),
        (v.is_qualified_name, "", ["name part must be non-empty", NAME_PART]),
        (v.is_qualified_name, "k" * 64, ["name part must be no more than 63 bytes"]),
        (v.is_qualified_name, "/k", ["prefix part must be non-empty"]),
        (v.is_qualified_name, "UP/k", [f"prefix part {SUBDOMAIN}"]),
        (v.is_valid_label_value, "v" * 64, ["must be no more than 63 bytes"]),
        (v.is_config_map_key, "..", ["must not be '..'"]),
        (v.is_path_segment_name, "a/b%", ["may not contain '/'", "may not contain '%'"]),
        (v.is_path_segment_name, "..", ["may not be '..'"]),
        (v.is_valid_port_name, "way-too-long-port-name", ["must be no more than 15 characters"]),
        (v.is_valid_port_name, "1--2", ["must contain at least one letter (a-z)",
                                        "must not contain consecutive hyphens"]),
        (v.is_valid_ip, "010.0.0.1", ["must not have leading 0s"]),
        (v.is_valid_ip, "::ffff:10.0.0.1", ["must not be an IPv4-mapped IPv6 address"]),
        (v.is_valid_ip, "x", ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]),
        (v.is_valid_cidr, "10.0.0.1", ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]),
    ],
)  # fmt: skip
def test_what_is_not(rule, value, problems):
    assert rule(value) == problems


def test_a_generate_name_may_end_in_a_dash():
    assert v.name_is_dns1123_subdomain("web-", True) == []
    assert v.name_is_dns1123_subdomain("web-", False) == [SUBDOMAIN]


def test_new_metadata():
    errors = v.validate_object_meta(
        ObjectMeta(generateName="Bad_", namespace="n", labels={"-k": "ok"}, annotations={"a b": ""}, finalizers=["x"]),
        namespaced=False,
        name_rule=v.name_is_dns1123_subdomain,
    )
    assert [(e.field, e.reason) for e in errors] == [
        ("metadata.generateName", "FieldValueInvalid"),
        ("metadata.name", "FieldValueRequired"),
        ("metadata.namespace", "FieldValueForbidden"),
        ("metadata.labels", "FieldValueInvalid"),
        ("metadata.annotations", "FieldValueInvalid"),
        ("metadata.finalizers[0]", "FieldValueInvalid"),
    ]


def test_owners():
    two = [OwnerReference(apiVersion="v1", kind="Pod", name=n, uid=n, controller=True) for n in "xy"]
    bad = OwnerReference(apiVersion="a/b/c")
    errors = v.validate_owner_references([*two, bad], v.METADATA["ownerReferences"])
    assert [str(e).partition(": Invalid value")[0] for e in errors] == [
        "metadata.ownerReferences",
        "metadata.ownerReferences.apiVersion",
        "metadata.ownerReferences.kind",
        "metadata.ownerReferences.name",
        "metadata.ownerReferences.uid",
    ]
    assert errors[0].message.endswith('Found "true" in references for Pod/x and Pod/y')


def test_annotations_have_a_size():
    errors = v.validate_annotations({"a": "x" * 256 * 1024}, v.METADATA["annotations"])
    assert [e.message for e in errors] == ["Too long: may not be more than 262144 bytes"]


def test_an_update_keeps_the_identity():
    old = ObjectMeta(name="a", namespace="n", uid="u", resourceVersion="5", generation=2)
    assert v.validate_object_meta_update(old, old) == []
    new = ObjectMeta(name="b", namespace="n", uid="u", generation=1)
    assert [str(e) for e in v.validate_object_meta_update(new, old)] == [
        "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
        "metadata.generation: Invalid value: 1: must not be decremented",
        'metadata.name: Invalid value: "b": field is immutable',
    ]


def test_no_new_finalizers_on_what_is_being_deleted():
    gone = {"name": "a", "resourceVersion": "5", "deletionTimestamp": "2026-01-02T03:04:05Z"}
    old, new = ObjectMeta(**gone, finalizers=["a.b/c"]), ObjectMeta(**gone, finalizers=["a.b/c", "a.b/d"])
    [error] = v.validate_object_meta_update(new, old)
    assert str(error) == (
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
        'found new finalizers []string{"a.b/d"}'
    )
