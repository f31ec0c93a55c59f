"""Manifests: what is read, and what is said of what cannot be."""

from pathlib import Path

import pytest

from kube.apimachinery.errors import FieldError, NotFound, Unauthorized, invalid
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.scheme import Resource
from kubectl_lite.errors import CommandError, add_source, describe
from kubectl_lite.last_applied import ANNOTATION, read, with_last_applied
from kubectl_lite.manifests import parse, read_all

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"


def kinds(text: str) -> list[str]:
    return [f"{m.kind}/{m.name}" for m in parse(text, "f.yaml")]


def test_documents_lists_and_json() -> None:
    assert kinds(SERVICE + "---\n# nothing\n---\n" + SERVICE) == ["Service/a", "Service/a"]
    assert kinds('{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}}') == ["Pod/p"]
    items = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: x}}\n"
    assert kinds(items) == ["Pod/x"]


def test_times_stay_text() -> None:
    (manifest,) = parse(SERVICE + "spec: {t: 2026-01-02T03:04:05Z, d: 2026-01-02}\n", "f.yaml")
    assert manifest.object["spec"] == {"t": "2026-01-02T03:04:05Z", "d": "2026-01-02"}


IGNORE = "; if you choose to ignore these errors, turn validation off with --validate=false"
INVALID = 'error validating "f.yaml": error validating data: '


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: b: c",
            "error parsing f.yaml: error converting YAML to JSON: yaml: "
            "mapping values are not allowed in this context",
        ),
        ("kind: Pod", INVALID + "apiVersion not set" + IGNORE),
        ("a: 1", INVALID + "[apiVersion not set, kind not set]" + IGNORE),
        ("- 1", INVALID + "invalid object to validate" + IGNORE),
    ],
)
def test_what_is_no_manifest_is_said_in_one_message(text: str, message: str) -> None:
    with pytest.raises(CommandError) as caught:
        list(parse(text, "f.yaml"))
    assert str(caught.value) == message


def test_directories_are_read_in_order_of_names(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.json", "c.txt"):
        (tmp_path / name).write_text(SERVICE.replace("name: a", f"name: {name[0]}"))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "d.yml").write_text(SERVICE.replace("name: a", "name: d"))
    assert [m.name for m in read_all((str(tmp_path),))] == ["a", "b"]
    assert [m.name for m in read_all((str(tmp_path),), recursive=True)] == ["a", "b", "d"]


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r'the path ".*gone\.yaml" does not exist'):
        read_all((str(tmp_path / "gone.yaml"),))


SERVICES = Resource("", "v1", "Service", "services", Object)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CommandError("x"), "error: x"),
        (CommandError("Whole.", prefix=False), "Whole."),
        (Unauthorized(), "error: You must be logged in to the server (Unauthorized)"),
        (NotFound('services "a" not found'), 'Error from server (NotFound): services "a" not found'),
        (
            add_source(NotFound("no"), "creating", "f.yaml"),
            'Error from server (NotFound): error when creating "f.yaml": no',
        ),
        (invalid(SERVICES, "a", [FieldError("R", "spec.x", "bad")]), 'The Service "a" is invalid: spec.x: bad'),
        (
            invalid(SERVICES, "a", [FieldError("R", "spec.x", "bad"), FieldError("R", "spec.y", "worse")]),
            'The Service "a" is invalid: \n* spec.x: bad\n* spec.y: worse',
        ),
    ],
)
def test_errors_are_printed_as_kubectl_prints_them(error: Exception, text: str) -> None:
    assert describe(error) == text


def test_last_applied_is_byte_for_byte_kubectls() -> None:
    metadata = {"name": "a", "namespace": "default"}
    obj = {"kind": "Service", "apiVersion": "v1", "metadata": metadata, "spec": {"x": "a<b&c"}}
    applied = with_last_applied(obj)
    assert applied["metadata"]["annotations"][ANNOTATION] == (
        '{"apiVersion":"v1","kind":"Service","metadata":{"annotations":{},"name":"a","namespace":"default"},'
        '"spec":{"x":"a\\u003cb\\u0026c"}}\n'
    )
    assert with_last_applied(applied) == applied
    assert read(applied) == obj | {"metadata": obj["metadata"] | {"annotations": {}}}
    assert read(obj) is None


def test_scalars_and_keys_are_read_as_the_server_reads_them(tmp_path: Path) -> None:
    """go-yaml knows no numbers to the base of 60, and JSON's keys are text."""
    file = tmp_path / "m.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {at: 12:30, no: 1e3, 1: [yes]}\n---\n")
    (manifest,) = read_all((str(file),))
    assert manifest.object["data"] == {"at": "12:30", "false": 1000.0, "1": [True]}
