"""The runner of the benchmarks: what it collects, and the table it makes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType

import pytest

from benchmarks import Row, Settings, Skip, report
from benchmarks.__main__ import arguments, collect, modules, settings_of
from benchmarks.processes import cpu_seconds, family, resident_megabytes

ROWS = (
    Row("creates", "1/s", (900.0, 1000.0, 1100.0), target=800),
    Row("creates", "1/s", (500.0,), subject="peer"),
    Row("creates", "1/s", (2000.0,), subject="bare"),
    Row("memory", "MB", (50.0,), more_is_better=False, target=100),
    Row("memory", "MB", (200.0,), more_is_better=False, subject="peer"),
    Row("alone", "s", (0.1234,), subject="peer"),
)
TABLE = """\
cpu any
what     unit  kube-lite  spread  target     x  compared with         ratio
creates  1/s       1,000    ±10%     800  1.25  peer             500   2.00
                                                bare           2,000   0.50
memory   MB           50     ±0%     100  2.00  peer             200   4.00
alone    s                                      peer           0.123"""


def test_the_table_puts_subjects_side_by_side() -> None:
    assert report.table(ROWS, {"cpu": "any"}) == TABLE


def test_rows_go_through_json_unchanged() -> None:
    assert [Row.from_json(row.to_json()) for row in ROWS] == list(ROWS)
    written = json.loads(report.as_json(ROWS, {"cpu": "any"}))
    assert written["machine"] == {"cpu": "any"}
    assert (written["rows"][0]["median"], written["rows"][0]["spread"]) == (1000.0, 0.1)


def test_a_benchmark_that_cannot_run_is_skipped_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    def run(settings: Settings) -> Iterator[Row]:
        yield Row("first", "s", (float(settings.scaled(10)),))
        raise Skip("no kernel module")

    module = ModuleType("benchmarks.example", "Is it quick?")
    module.run = run  # type: ignore[attr-defined]
    assert [row.median for row in collect(module, Settings(scale=0.5))] == [5.0]
    assert "skipped: no kernel module" in capsys.readouterr().err


def test_long_benchmarks_run_only_when_named() -> None:
    short = [module.__name__ for module in modules([])]
    assert "benchmarks.service_create" in short and "benchmarks.soak" not in short
    assert [module.__name__ for module in modules(["soak"])] == ["benchmarks.soak"]


def test_the_peer_of_the_command_line() -> None:
    settings = settings_of(
        arguments(["--peer", "https://a:1", "--peer-token", "t", "--peer-pid", "7", "--repeat", "1"])
    )
    assert settings.peer is not None and (settings.peer.url, settings.peer.token, settings.peer.pid) == (
        "https://a:1", "t", 7,
    )  # fmt: skip
    assert settings_of(arguments([])).peer is None


def test_a_process_that_is_unknown_or_gone_uses_nothing() -> None:
    assert family(0) == []
    assert cpu_seconds(0) == resident_megabytes(0) == 0
