"""`/healthz` and `/livez`: the table in `proxy.healthcheck.proxy_health`, and kube-proxy's body."""

from __future__ import annotations

import json

import pytest

from kube.clock import FakeClock
from proxy.healthcheck.proxy_health import ProxyHealth


def made() -> tuple[ProxyHealth, FakeClock]:
    clock = FakeClock()
    return ProxyHealth(clock, 60.0, [4, 6]), clock


@pytest.mark.parametrize("eligible", [True, False])
@pytest.mark.parametrize("late", [True, False])
async def test_the_table(eligible: bool, late: bool):
    health, clock = made()
    health.updated()
    health.queued()
    health.node_eligible = eligible
    await clock.advance(61.0 if late else 59.0)
    assert health.healthz().status == (200 if eligible and not late else 503)
    assert health.livez().status == (503 if late else 200)


async def test_a_later_change_does_not_make_an_old_one_younger():
    health, clock = made()
    health.updated()
    health.queued()
    await clock.advance(50.0)
    health.queued()
    await clock.advance(11.0)
    assert health.livez().status == 503
    health.updated()
    assert health.livez().status == 200


async def test_the_body():
    health, clock = made()
    health.updated()
    updated = json.loads(health.healthz().body)["currentTime"]
    await clock.advance(30.0)
    body = json.loads(health.healthz().body)
    assert list(body) == ["lastUpdated", "currentTime", "nodeEligible", "healthy", "status"]
    assert body["lastUpdated"] == body["currentTime"] != updated
    assert body["status"] == {f: {"lastUpdated": updated, "healthy": True} for f in ("IPv4", "IPv6")}
    assert "nodeEligible" not in json.loads(health.livez().body)
    health.node_eligible = False
    assert json.loads(health.healthz().body)["lastUpdated"] == updated


def test_before_the_first_update_it_is_not_healthy():
    health, _ = made()
    assert health.healthz().status == 503
    assert json.loads(health.healthz().body)["lastUpdated"] == "0001-01-01T00:00:00Z"
