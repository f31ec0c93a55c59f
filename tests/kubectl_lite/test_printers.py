"""Text in kubectl's layout: tables, elastic tabs, YAML, names, custom columns."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_lite.durations import seconds
from kubectl_lite.errors import CommandError
from kubectl_lite.printers.objects import as_list, printer_for
from kubectl_lite.printers.server_table import TablePrinter
from kubectl_lite.printers.table import Columns, table
from kubectl_lite.printers.tabwriter import align
from kubectl_lite.printers.yaml_printer import to_yaml

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web-0", "labels": {"app": "web"}, "managedFields": [{}]},
    "spec": {"containers": [{"name": "a", "image": "nginx"}, {"name": "b", "image": "busybox"}]},
}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "my-nginx"}}


def test_columns_are_three_blanks_apart_and_the_last_is_not_padded() -> None:
    assert table([["NAME", "AGE"], ["my-nginx", "5s"]]) == "NAME       AGE\nmy-nginx   5s\n"


def test_rows_that_come_later_keep_the_layout() -> None:
    columns = Columns()
    columns.lines([["NAME", "AGE"], ["long-name", "1s"]])
    assert columns.lines([["x", "2s"]]) == ["x           2s"]


def test_elastic_tabs_align_runs_of_lines() -> None:
    assert align("Name:\tmyapp\nSelector:\ta=b\nPorts:\n  x:\t1") == "Name:      myapp\nSelector:  a=b\nPorts:\n  x:  1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "x"}, "a: x\nb: 1\n"),
        ({"a": "80"}, 'a: "80"\n'),
        ({"a": "true"}, 'a: "true"\n'),
        ({"a": "yes"}, 'a: "yes"\n'),
        ({"a": "1e3"}, 'a: "1e3"\n'),
        ({"a": ""}, 'a: ""\n'),
        ({"a": None, "b": True, "c": []}, "a: null\nb: true\nc: []\n"),
        ({"a": [{"x": 1, "z": 2, "y": 3}]}, 'a:\n- x: 1\n  "y": 3\n  z: 2\n'),
        ({"a": "line 1\nline 2\n"}, "a: |\n  line 1\n  line 2\n"),
        ({"t": "2026-01-02T03:04:05Z"}, 't: "2026-01-02T03:04:05Z"\n'),
        ({"a": "k: v"}, "a: 'k: v'\n"),
        ({"a": "10.96.0.1"}, "a: 10.96.0.1\n"),
    ],
)
def test_yaml_is_written_as_kubectl_writes_it(value: object, text: str) -> None:
    assert to_yaml(value) == text


SCALARS = st.text() | st.integers() | st.booleans() | st.none()


@settings(deadline=None, max_examples=30)
@given(st.recursive(SCALARS, lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=10))
def test_yaml_reads_back_as_it_was(value: object) -> None:
    assert yaml.safe_load(to_yaml(value)) == value


@pytest.mark.parametrize(
    ("output", "obj", "text"),
    [
        ("name", POD, "pod/web-0\n"),
        ("name", as_list([POD, DEPLOYMENT]), "pod/web-0\ndeployment.apps/my-nginx\n"),
        ("jsonpath={.metadata.name}", POD, "web-0"),
        ("jsonpath={.spec.containers[*].image}", POD, "nginx busybox"),
        ("custom-columns=N:.metadata.name,I:.spec.containers[*].image,Z:.z", POD,
         "N       I               Z\nweb-0   nginx,busybox   <none>\n"),
        ("json", DEPLOYMENT, '{\n    "apiVersion": "apps/v1",\n    "kind": "Deployment",\n'
                             '    "metadata": {\n        "name": "my-nginx"\n    }\n}\n'),
    ],
)  # fmt: skip
def test_formats(output: str, obj: dict, text: str) -> None:
    printer = printer_for(output)
    assert printer is not None and printer(obj) == text


def test_managed_fields_are_noise() -> None:
    for managed, shown in ((False, False), (True, True)):
        printer = printer_for("yaml", managed_fields=managed)
        assert printer is not None and ("managedFields" in printer(POD)) is shown


@pytest.mark.parametrize("output", ["xml", "jsonpath", "custom-columns=NAME"])
def test_unknown_formats_are_refused(output: str) -> None:
    with pytest.raises(CommandError):
        printer_for(output)


TABLE = {
    "columnDefinitions": [
        {"name": "Name", "format": "name", "priority": 0},
        {"name": "Ready", "priority": 0},
        {"name": "IP", "priority": 1},
    ],
    "rows": [
        {
            "cells": ["web-0", "1/1", "10.0.0.1"],
            "object": {"metadata": {"namespace": "d", "labels": {"a/app": "w"}}},
        }
    ],
}


@pytest.mark.parametrize(
    ("printer", "text"),
    [
        (TablePrinter(), "NAME    READY\nweb-0   1/1\n"),
        (TablePrinter(wide=True), "NAME    READY   IP\nweb-0   1/1     10.0.0.1\n"),
        (TablePrinter(with_namespace=True, no_headers=True), "d     web-0   1/1\n"),
        (TablePrinter(label_columns=("a/app",)), "NAME    READY   APP\nweb-0   1/1     w\n"),
        (TablePrinter(show_labels=True, prefix="pod/"), "NAME        READY   LABELS\npod/web-0   1/1     a/app=w\n"),
    ],
)
def test_tables(printer: TablePrinter, text: str) -> None:
    assert printer.text(TABLE) == text


def test_a_watch_prints_its_header_once() -> None:
    printer = TablePrinter()
    printer.text(TABLE)
    assert printer.text({"columnDefinitions": None, "rows": TABLE["rows"]}) == "web-0   1/1\n"


@pytest.mark.parametrize(("text", "value"), [("30", 30), ("1h30m", 5400), ("500ms", 0.5), ("-1s", -1), ("0", 0)])
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == value


def test_a_bad_duration_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid duration"):
        seconds("5 minutes")
