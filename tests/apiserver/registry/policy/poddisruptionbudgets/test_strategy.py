"""The strategy of PodDisruptionBudgets."""

import pytest

from apiserver.registry.policy.poddisruptionbudgets.strategy import PodDisruptionBudgetStrategy
from kube.api.policy_v1 import PodDisruptionBudget
from tests.apiserver.registry.driver import create, parse, update, update_status

STRATEGY = PodDisruptionBudgetStrategy()


def budget(rest: str) -> PodDisruptionBudget:
    return parse(PodDisruptionBudget, rest)


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("{minAvailable: 50%}", []),
        ("{minAvailable: 1, maxUnavailable: 1}",
         ['spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}'
          ": minAvailable and maxUnavailable cannot be both set"]),
        ("{minAvailable: -1}", ["spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"]),
        ("{maxUnavailable: 101%}",
         ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%']),
        ("{maxUnavailable: all}",
         ['spec.maxUnavailable: Invalid value: "all": a valid percent string must be a numeric string followed by an '
          "ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"]),
        ("{selector: {matchExpressions: [{key: a, operator: Like}]}, unhealthyPodEvictionPolicy: Never}",
         ['spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
          'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", '
          '"IfHealthyBudget"']),
    ],
)  # fmt: skip
def test_what_is_wrong(spec, wanted):
    assert create(STRATEGY, budget(f"spec: {spec}"))[1] == wanted


def test_generation_and_status():
    old, _ = create(STRATEGY, budget("{spec: {minAvailable: 1}, status: {currentHealthy: 3}}"))
    assert (old.metadata.generation, old.status.currentHealthy) == (1, 0)
    changed, _ = update(STRATEGY, budget("{spec: {minAvailable: 2}, status: {currentHealthy: 3}}"), old)
    assert (changed.metadata.generation, changed.status.currentHealthy) == (2, 0)
    _, found = update_status(STRATEGY, budget("{status: {currentHealthy: -3}}"), old)
    assert found == ["status.currentHealthy: Invalid value: -3: must be greater than or equal to 0"]


def test_conditions_are_judged():
    old, _ = create(STRATEGY, budget("spec: {minAvailable: 1}"))
    good = "{type: Ready, status: 'True', reason: Fine, lastTransitionTime: '2026-01-01T00:00:00Z'}"
    _, found = update_status(STRATEGY, budget(f"status: {{conditions: [{good}, {good}, {{reason: '1st'}}]}}"), old)
    assert [error.split(": ")[0] + ": " + error.split(": ")[1] for error in found] == [
        "status.conditions[1].type: Duplicate value",
        "status.conditions[2].type: Invalid value",
        "status.conditions[2].type: Invalid value",
        "status.conditions[2].status: Unsupported value",
        "status.conditions[2].lastTransitionTime: Required value",
        "status.conditions[2].reason: Invalid value",
    ]
