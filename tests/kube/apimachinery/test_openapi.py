"""The OpenAPI documents: complete, consistent, and as kubectl needs them."""

import pytest

from kube.api import networking_v1, scheme
from kube.apimachinery import openapi
from kube.apimachinery.shapes import fields_of

GVK = "x-kubernetes-group-version-kind"
METHODS = ("get", "put", "post", "delete", "patch")


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def operations(document):
    return [(path, m, item[m]) for path, item in document["paths"].items() for m in METHODS if m in item]


def documents():
    return [openapi.v3(scheme, group, version) for group, version in sorted({(r.group, r.version) for r in scheme})]


def test_the_index_names_every_group_version():
    paths = openapi.v3_index(scheme)["paths"]
    assert set(paths) == {f"apis/{r.group}/v1" if r.group else "api/v1" for r in scheme}
    assert paths["apis/apps/v1"]["serverRelativeURL"].startswith("/openapi/v3/apis/apps/v1?hash=")
    assert len({p["serverRelativeURL"].partition("=")[2] for p in paths.values()}) == len(paths)


def test_every_reference_leads_somewhere():
    v2 = openapi.v2(scheme)
    assert {r.removeprefix("#/definitions/") for r in references(v2)} <= v2["definitions"].keys()
    for document in [*documents(), openapi.v3_whole(scheme)]:
        names = {r.removeprefix("#/components/schemas/") for r in references(document)}
        assert names <= document["components"]["schemas"].keys()


def test_operation_ids_are_unique():
    ids = [operation["operationId"] for _, _, operation in operations(openapi.v2(scheme))]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("document", [openapi.v2(scheme), *documents()], ids=lambda d: next(iter(d["paths"])))
def test_writes_can_be_validated_and_tried(document):
    """What kubectl looks for before it sends `dryRun` or `fieldValidation`."""
    for _, method, operation in operations(document):
        if method in ("post", "put", "patch"):
            names = {p["name"] for p in operation["parameters"]}
            assert {"dryRun", "fieldValidation", "fieldManager"} <= names
            assert operation[GVK].keys() == {"group", "version", "kind"}


def test_path_parameters_are_declared():
    for path, item in openapi.v2(scheme)["paths"].items():
        declared = {p["name"] for p in item.get("parameters", ())}
        assert declared == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def test_definitions_say_how_lists_merge():
    spec = openapi.v2(scheme)["definitions"]["io.k8s.api.core.v1.ServiceSpec"]["properties"]
    assert spec["ports"]["x-kubernetes-patch-merge-key"] == "port"
    assert spec["ports"]["x-kubernetes-list-map-keys"] == ["port", "protocol"]
    assert spec["selector"]["x-kubernetes-map-type"] == "atomic"


def test_every_kind_can_be_explained():
    for document in documents():
        schemas = document["components"]["schemas"].values()
        kinds = {(g["group"], g["kind"]) for s in schemas for g in s.get(GVK, ())}
        wanted = {(o[GVK]["group"], o[GVK]["kind"]) for _, _, o in operations(document)}
        assert wanted <= kinds


@pytest.mark.parametrize("document", [openapi.v2(scheme), *documents()], ids=lambda d: next(iter(d["paths"])))
def test_every_kind_and_every_field_is_described(document):
    schemas = document.get("definitions") or document["components"]["schemas"]
    silent = [name for name, schema in schemas.items() if not schema.get("description")]
    for name, schema in schemas.items():
        properties = schema.get("properties", {}).items()
        silent += [f"{name}.{field}" for field, said in properties if not said.get("description")]
    assert silent == []


def test_types_that_are_not_served_are_described_too():
    """An Ingress, say: `docs/adding-a-kind.md` serves it, and then it can be explained."""
    silent = [
        f"{model.__name__}.{field.name}"
        for model in (networking_v1.IngressSpec, networking_v1.IngressStatus, networking_v1.IngressClassSpec)
        for field in fields_of(model).values()
        if not field.wire.doc
    ]
    assert silent == []


def test_a_number_or_a_string_may_be_both():
    name = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
    v2 = openapi.v2(scheme)["definitions"][name]
    assert (v2["type"], v2["format"]) == ("string", "int-or-string")
    v3 = openapi.v3(scheme, "", "v1")["components"]["schemas"][name]
    assert v3["oneOf"] == [{"type": "integer"}, {"type": "string"}]


def test_a_group_that_is_not_served_has_no_document():
    assert openapi.v3(scheme, "batch", "v1") is None


def fields(data):
    """The fields of a protobuf message: bytes or numbers."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        length, at = varint(data, at)
        if tag & 7 == 0:
            yield tag >> 3, length
            continue
        assert tag & 7 == 2
        yield tag >> 3, data[at : at + length]
        at += length


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at


def test_version_2_in_protobuf_says_the_same():
    document = dict(fields(openapi.v2_protobuf(scheme)))
    assert document[1] == b"2.0"
    definitions = {dict(fields(d))[1].decode(): dict(fields(d))[2] for _, d in fields(document[9])}
    assert definitions.keys() == openapi.v2(scheme)["definitions"].keys()
    paths = [dict(fields(p))[1].decode() for _, p in fields(document[8])]
    assert paths == list(openapi.v2(scheme)["paths"])
    port = list(fields(definitions["io.k8s.api.core.v1.ServicePort"]))
    assert [value for number, value in port if number == 19] == [b"port"]
    properties = [dict(fields(p))[1] for _, p in fields(dict(port)[25])]
    assert b"targetPort" in properties


def entries(message):
    """Name -> value, of a map that is a list of such."""
    return {dict(fields(e))[1].decode(): dict(fields(e)).get(2, b"") for _, e in fields(message)}


@pytest.mark.parametrize(("group", "version"), sorted({(r.group, r.version) for r in scheme}))
def test_version_3_in_protobuf_says_the_same(group, version):
    document, wanted = dict(fields(openapi.v3_protobuf(scheme, group, version))), openapi.v3(scheme, group, version)
    assert document[1] == b"3.0.0"
    schemas = entries(dict(fields(document[5]))[1])
    assert schemas.keys() == wanted["components"]["schemas"].keys()
    for name, schema in schemas.items():
        shown = wanted["components"]["schemas"][name]
        found = dict(fields(dict(fields(schema))[1]))
        assert found.get(34, b"").decode() == shown.get("description", "")
        assert entries(found.get(31, b"")).keys() == shown.get("properties", {}).keys()
    assert entries(document[4]).keys() == wanted["paths"].keys()


def test_an_operation_of_version_3_in_protobuf():
    document = dict(fields(openapi.v3_protobuf(scheme, "apps", "v1")))
    item = dict(fields(entries(document[4])["/apis/apps/v1/namespaces/{namespace}/deployments"]))
    post = list(fields(item[6]))
    parameters = [dict(fields(dict(fields(p))[1]))[1] for number, p in post if number == 6]
    assert b"fieldValidation" in parameters
    extensions = [dict(fields(e))[1] for number, e in post if number == 13]
    assert extensions == [b"x-kubernetes-action", b"x-kubernetes-group-version-kind"]
    answers = entries(dict(post)[8])
    content = entries(dict(fields(dict(fields(answers["201"]))[1]))[3])
    schema = dict(fields(dict(fields(content["application/json"]))[1]))
    assert dict(fields(schema[2]))[1] == b"#/components/schemas/io.k8s.api.apps.v1.Deployment"
    namespace = dict(fields(dict(fields(item[13]))[1]))
    assert (namespace[1], namespace[2], namespace[4]) == (b"namespace", b"path", 1)
