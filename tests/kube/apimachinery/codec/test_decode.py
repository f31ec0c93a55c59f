"""Bodies to objects: what is accepted, what is warned of, what is refused and in which words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.api import scheme
from kube.api.policy_v1 import Eviction
from kube.apimachinery import codec
from kube.apimachinery.errors import BadRequest, UnsupportedMediaType
from kube.apimachinery.scheme import Resource

SERVICES = scheme.by_path("", "v1", "services")
CONFIG_MAPS = scheme.by_path("", "v1", "configmaps")
DEPLOYMENTS = scheme.by_path("apps", "v1", "deployments")
LEASES = scheme.by_path("coordination.k8s.io", "v1", "leases")
PODS = scheme.by_path("", "v1", "pods")
SECRETS = scheme.by_path("", "v1", "secrets")


def body(resource, **fields):
    return json.dumps({"kind": resource.kind, "apiVersion": resource.api_version, **fields}).encode()


def refusal(data, resource, content_type="application/json", validation="Warn"):
    with pytest.raises(BadRequest) as raised:
        codec.decode(data, content_type, resource, validation)
    return raised.value.message


def test_a_right_body_is_decoded():
    found = codec.decode(body(SERVICES, spec={"ports": [{"port": 80}]}), "application/json; charset=utf-8", SERVICES)
    assert found.object.spec.ports[0].port == 80
    assert found.warnings == []


@pytest.mark.parametrize("given", [{}, {"kind": "Service"}, {"apiVersion": "v1"}, {"kind": None, "apiVersion": ""}])
def test_kind_and_version_come_from_the_url_when_the_body_has_none(given):
    found = codec.decode(json.dumps(given).encode(), "", SERVICES).object
    assert (found.kind, found.apiVersion) == ("Service", "v1")


def test_null_is_absent():
    data = body(
        SERVICES, metadata={"creationTimestamp": None, "labels": None}, spec={"ports": None, "type": None}, status=None
    )
    found = codec.decode(data, "", SERVICES, "Strict").object
    assert found.spec.ports == [] and found.metadata.labels == {}


def test_null_in_a_list_or_a_map_is_a_zero_value():
    found = codec.decode(body(SERVICES, spec={"ports": [None], "selector": {"a": None}}), "", SERVICES).object
    assert found.spec.ports[0].port == 0 and found.spec.selector == {"a": ""}


def test_numbers_may_stand_for_quantities():
    limits = {"cpu": 0.5, "memory": 1000}
    found = codec.decode(body(PODS, spec={"containers": [{"name": "c", "resources": {"limits": limits}}]}), "", PODS)
    assert found.object.spec.containers[0].resources.limits == {"cpu": "500m", "memory": "1k"}


HEAD = 'Deployment in version "v1" cannot be handled as a Deployment: '


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ({"replicas": "3"}, "string into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"replicas": 2.5}, "number 2.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"replicas": 9999999999}, "number 9999999999 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ({"paused": 1}, "number into Go struct field DeploymentSpec.spec.paused of type bool"),
        ({"strategy": "Recreate"}, "string into Go struct field DeploymentSpec.spec.strategy of type "
                                   "v1.DeploymentStrategy"),
        ({"selector": {"matchLabels": []}}, "array into Go struct field LabelSelector.spec.selector.matchLabels of "
                                            "type map[string]string"),
        ({"strategy": {"rollingUpdate": {"maxSurge": {}}}}, "object into Go struct field RollingUpdateDeployment.spec."
                                                            "strategy.rollingUpdate.maxSurge of type int32"),
        ({"template": {"spec": {"containers": [{"tty": "yes"}]}}}, "string into Go struct field Container.spec."
                                                                   "template.spec.containers.tty of type bool"),
        ({"template": {"spec": {"containers": ["c"]}}}, "string into Go struct field PodSpec.spec.template.spec."
                                                        "containers of type v1.Container"),
        ({"template": {"spec": {"restartPolicy": 1}}}, "number into Go struct field PodSpec.spec.template.spec."
                                                       "restartPolicy of type v1.RestartPolicy"),
        ([], "array into Go struct field Deployment.spec of type v1.DeploymentSpec"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_gos_words(spec, error):
    assert refusal(body(DEPLOYMENTS, spec=spec), DEPLOYMENTS) == f"{HEAD}json: cannot unmarshal {error}"


def test_a_number_keeps_the_text_it_was_written_with():
    data = b'{"kind":"Deployment","apiVersion":"apps/v1","spec":{"replicas":3.0}}'
    assert "cannot unmarshal number 3.0 into" in refusal(data, DEPLOYMENTS)


@pytest.mark.parametrize(
    ("resource", "fields", "error"),
    [
        (LEASES, {"spec": {"renewTime": 5}},
         "json: cannot unmarshal number into Go struct field LeaseSpec.spec.renewTime of type string"),
        (CONFIG_MAPS, {"metadata": {"creationTimestamp": "yesterday"}},
         'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'),
        (CONFIG_MAPS, {"data": {"a": 5}},
         "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"),
        (PODS, {"spec": {"overhead": {"cpu": "much"}}},
         "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
        (SECRETS, {"data": {"a": "%"}}, "illegal base64 data at input byte 0"),
    ],
)  # fmt: skip
def test_types_that_read_themselves(resource, fields, error):
    head = f'{resource.kind} in version "v1" cannot be handled as a {resource.kind}: '
    assert refusal(body(resource, **fields), resource) == head + error


def test_the_first_fault_of_the_document_is_told():
    data = b'{"spec":{"paused":"b","replicas":"a"}}'
    assert "DeploymentSpec.spec.paused" in refusal(data, DEPLOYMENTS)


UNKNOWN = {"metadata": {"name": "a", "colour": 1}, "spec": {"ports": [{"port": 80, "hostPort": 5}], "clusterIp": ""}}
PROBLEMS = [f'unknown field "{f}"' for f in ("metadata.colour", "spec.ports[0].hostPort", "spec.clusterIp")]


def test_unknown_fields_are_warned_of_refused_or_ignored():
    data = body(SERVICES, **UNKNOWN)
    assert codec.decode(data, "", SERVICES).warnings == PROBLEMS
    assert codec.decode(data, "", SERVICES, "Ignore").warnings == []
    assert refusal(data, SERVICES, validation="Strict") == (
        'Service in version "v1" cannot be handled as a Service: strict decoding error: ' + ", ".join(PROBLEMS)
    )


def test_repeated_fields_are_found_and_the_last_one_wins():
    data = (
        b'{"spec":{"type":"ClusterIP","type":"NodePort","ports":[{"port":80,"port":81}],'
        b'"selector":{"a":"","a":"b"}}}'
    )
    found = codec.decode(data, "", SERVICES)
    assert found.warnings == [
        'duplicate field "spec.type"', 'duplicate field "spec.ports[0].port"', 'duplicate field "spec.selector.a"',
    ]  # fmt: skip
    assert found.object.spec.type == "NodePort" and found.object.spec.ports[0].port == 81


@pytest.mark.parametrize(
    ("kind", "version", "error"),
    [
        ("Secret", "v1", 'Secret in version "v1" cannot be handled as a ConfigMap: '
                         "converting (v1.Secret) to (core.ConfigMap): unknown conversion"),
        ("Gadget", "v1", 'Gadget in version "v1" cannot be handled as a ConfigMap: '
         'no kind "Gadget" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'),
        ("ConfigMap", "none.example/v1", 'ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind '
         '"ConfigMap" is registered for version "none.example/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'),
        ("ConfigMapList", "v1", 'ConfigMapList in version "v1" cannot be handled as a ConfigMap: '
                                "converting (v1.ConfigMapList) to (core.ConfigMap): unknown conversion"),
        ("ConfigMap", "a/b/c", "the object provided is unrecognized (must be of type ConfigMap): "
                               "unexpected GroupVersion string: a/b/c"),
    ],
)  # fmt: skip
def test_other_kinds_are_refused(kind, version, error):
    message = refusal(json.dumps({"kind": kind, "apiVersion": version}).encode(), CONFIG_MAPS)
    assert message.removesuffix(' ({"kind": "ConfigMap", "apiVers ...)') == error


def test_another_version_of_the_kind_is_refused():
    data = b'{"kind":"Deployment","apiVersion":"extensions/v1beta1"}'
    assert refusal(data, DEPLOYMENTS) == (
        "the API version in the data (extensions/v1beta1) does not match the expected API version (apps/v1)"
    )


def test_unless_it_is_accepted_too():
    evictions = Resource("policy", "v1", "Eviction", "evictions", Eviction)
    data = b'{"kind":"Eviction","apiVersion":"policy/v1beta1","metadata":{"name":"p"}}'
    found = codec.decode(data, "", evictions, also_accept=("policy/v1beta1",)).object
    assert (found.apiVersion, found.metadata.name) == ("policy/v1", "p")


SPOILT = "the object provided is unrecognized (must be of type ConfigMap): "


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "unexpected end of JSON input (<empty>)"),
        (b"{", "unexpected end of JSON input ({)"),
        (b"nonsense", "invalid character 'o' in literal null (expecting 'u') (6e6f6e73656e7365)"),
        (b"# only a comment\n", "invalid character '#' looking for beginning of value "
                                "(23206f6e6c79206120636f6d6d656e740a)"),
        (b'{"apiVersion":"v1","kind":"ConfigMap",}', "invalid character '}' looking for beginning of object key string "
                                                     '({"apiVersion":"v1","kind":"Con ...)'),
        (b"{'a':1}", "invalid character '\\'' looking for beginning of object key string ({'a':1})"),
    ],
)  # fmt: skip
def test_what_is_no_json(data, error):
    assert refusal(data, CONFIG_MAPS) == f"{SPOILT}couldn't get version/kind; json parse error: {error}"


def test_json_that_is_no_object():
    assert "cannot unmarshal array into Go value of type struct { APIVersion string" in refusal(b"[]", CONFIG_MAPS)
    assert "cannot unmarshal number into Go struct field .kind of type string" in refusal(b'{"kind":5}', CONFIG_MAPS)


def test_an_unknown_media_type():
    with pytest.raises(UnsupportedMediaType) as raised:
        codec.decode(b"{}", "application/cbor", CONFIG_MAPS)
    assert raised.value.message == codec.UNKNOWN_FORMAT


# ---- YAML ----


def test_yaml_is_decoded_its_first_document():
    data = b"kind: ConfigMap\nmetadata: {name: a}\ndata:\n  day: 2026-01-02\n  t: 1:20\n---\nkind: Secret\n"
    found = codec.decode(data, "application/yaml", CONFIG_MAPS).object
    assert found.data == {"day": "2026-01-02", "t": "1:20"}


def test_yaml_complains_of_keys_given_twice():
    data = b"apiVersion: v1\nkind: ConfigMap\nkind: ConfigMap\nbogus: 1\n"
    assert refusal(data, CONFIG_MAPS, "application/yaml", "Strict") == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
        'yaml: unmarshal errors:\n  line 3: key "kind" already set in map, unknown field "bogus"'
    )


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"a: b\nc: d\nmetadata: {name: y3\n", "yaml: line 3: did not find expected ',' or '}'"),
        (b"a: b\nc: d\nmetadata:\n\tname: x\n", "yaml: line 4: found character that cannot start any token"),
    ],
)
def test_what_is_no_yaml(data, error):
    assert refusal(data, CONFIG_MAPS, "application/yaml").startswith(f"{SPOILT}{error} (")


# ---- deletes and patches ----


def test_delete_options():
    assert codec.decode_delete_options(b"", "").gracePeriodSeconds is None
    assert codec.decode_delete_options(b'{"propagationPolicy":"Orphan"}', "").propagationPolicy == "Orphan"
    options = codec.decode_delete_options(b'{"kind":"DeleteOptions","apiVersion":"apps/v1","gracePeriodSeconds":0}', "")
    assert options.gracePeriodSeconds == 0


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"{", "couldn't get version/kind; json parse error: unexpected end of JSON input"),
        (b'{"gracePeriodSeconds":"5"}',
         "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64"),
    ],
)  # fmt: skip
def test_delete_options_that_are_none(data, error):
    with pytest.raises(BadRequest) as raised:
        codec.decode_delete_options(data, "application/json")
    assert raised.value.message == error


def test_the_result_of_a_patch():
    found, problems = codec.to_object({"data": {"a": "b"}, "extra": 1}, CONFIG_MAPS.type)
    assert found.data == {"a": "b"} and problems == ['unknown field "extra"']
    with pytest.raises(codec.DecodingError, match=r"^json: cannot unmarshal number into Go struct field ConfigMap"):
        codec.to_object({"data": {"a": 5}}, CONFIG_MAPS.type)


# ---- nothing that a client sends is an internal error ----


@pytest.mark.parametrize("data", [b"[" * 100_000, b"- " * 100_000, b"{a: " * 100_000, b"? " * 100_000])
@pytest.mark.parametrize("content_type", ["application/json", "application/yaml"])
def test_depth_has_an_end(data, content_type):
    assert refusal(data, CONFIG_MAPS, content_type).startswith(SPOILT)


def test_what_could_not_be_read_again_is_not_taken():
    revisions = scheme.by_path("apps", "v1", "controllerrevisions")
    deep = '{"a":' * 220 + "1" + "}" * 220
    assert refusal(f'{{"revision":1,"data":{deep}}}'.encode(), revisions).endswith("exceeded max depth")
    with pytest.raises(codec.DecodingError, match="exceeded max depth"):
        codec.to_object({"data": json.loads(deep)}, revisions.type)


def test_yaml_aliases_have_an_end():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 8)]
    assert "excessive aliasing" in refusal("\n".join(lines).encode(), CONFIG_MAPS, "application/yaml")
    assert "contains itself" in refusal(b"a: &a [*a]", CONFIG_MAPS, "application/yaml")
    shared = b"data: &d {a: b}\nbinaryData: *d\nkind: ConfigMap\n"
    assert "illegal base64" in refusal(shared, CONFIG_MAPS, "application/yaml")


MEDIA = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["spec", "metadata", "labels", "ports", "port", "selector", "status"]), inner)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=60) | anything.map(lambda v: json.dumps(v).encode()), st.sampled_from(MEDIA), st.booleans())
def test_any_body_is_an_object_or_a_bad_request(data, content_type, prefixed):
    data = b"k8s\x00" + data if prefixed and content_type == MEDIA[2] else data
    try:
        found = codec.decode(data, content_type, SERVICES).object
    except BadRequest as refused:
        assert refused.message
    else:
        assert SERVICES.type.from_json(found.to_json()) == found
