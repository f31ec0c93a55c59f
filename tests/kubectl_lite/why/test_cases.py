"""The judge, case by case: each fault that people meet is found, and is the first thing that is said to be broken."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kubectl_lite.why.finding import Finding, Verdict
from kubectl_lite.why.judge import first_broken, judge
from kubectl_lite.why.show import lines
from tests.kubectl_lite.why.case import FILES, Case, facts, is_found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_found_first(path: Path) -> None:
    case = Case.read(path)
    findings = judge(facts(case))
    expected = case.told["expect"]
    assert is_found(expected, findings), "\n".join(map(str, findings))
    end = first_broken(findings)
    assert (end.step if end else None) == (expected["step"] if expected.get("verdict", "broken") == "broken" else None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_broken_has_a_way_to_repair_it(path: Path) -> None:
    case = Case.read(path)
    end = first_broken(judge(facts(case)))
    assert end is None or end.repair


def test_lines_are_plain_in_a_pipe(tmp_path: Path) -> None:
    findings = [Finding(Verdict.BROKEN, "ports", "none listens", "it sleeps", "wake it")]
    with (tmp_path / "out").open("w") as pipe:
        shown = lines("web", "default", findings, pipe)
    assert shown == [
        "service/web in namespace default",
        "  broken  ports  none listens",
        "                 it sleeps",
        "                 repair: wake it",
        "It breaks at: ports: none listens",
    ]


def test_what_nobody_may_ask_of_nodes_is_said_once() -> None:
    healthy = facts(Case.read(next(path for path in FILES if path.stem == "healthy")))
    asked = tuple(f'node{n}: its proxy and kernel: nodes "node{n}" is forbidden: User "jane" cannot get resource '
                  '"nodes/proxy" in API group "" at the cluster scope' for n in (1, 2))  # fmt: skip
    findings = judge(replace(healthy, not_asked=asked, by_node={}))
    assert [f.what for f in findings if f.step == "not asked"] == [
        'what only nodes know (sockets, proxies, kernels, connections): "jane" may not ask'
    ]
    assert lines("web", "default", findings, sys.stderr)[-1].endswith("Nothing is broken, as far as could be asked.")
