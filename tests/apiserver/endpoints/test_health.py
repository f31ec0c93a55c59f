"""Health checks: together, one by one, in words, with some left out."""

from __future__ import annotations

from apiserver.endpoints.health import Health
from tests.support.cluster import ApiServer

HEALTH = Health({"etcd": lambda: "it is gone", "hook/a": lambda: ""}, {"shutdown": lambda: ""})


def test_all_checks_in_words() -> None:
    answer = HEALTH.answer("/livez", verbose=True)
    assert answer.status == 500
    assert answer.body.decode().splitlines() == [
        "[+]ping ok", "[+]log ok", "[-]etcd failed: reason withheld", "[+]hook/a ok", "livez check failed",
    ]  # fmt: skip
    assert HEALTH.answer("/livez").body == answer.body, "a failure is always told in words"


def test_checks_may_be_left_out() -> None:
    assert HEALTH.answer("/livez", ["etcd"]).body == b"ok"
    answer = HEALTH.answer("/readyz", ["etcd", "hook/a", "none"], verbose=True)
    assert answer.status == 200
    assert answer.body.decode().splitlines() == [
        "[+]ping ok", "[+]log ok", "[+]etcd excluded: ok", "[+]hook/a excluded: ok", "[+]shutdown ok",
        'warn: some health checks cannot be excluded: no matches for "none"', "readyz check passed",
    ]  # fmt: skip


def test_one_check() -> None:
    assert HEALTH.answer("/livez/ping").body == b"ok"
    assert HEALTH.answer("/healthz/hook/a").body == b"ok"
    failed = HEALTH.answer("/livez/etcd")
    assert (failed.status, failed.body) == (500, b"internal server error: it is gone\n")
    assert HEALTH.answer("/livez/shutdown").status == 404, "counts for readyz alone"


def test_a_server_that_is_well(apiserver: ApiServer) -> None:
    assert apiserver.request("GET", "/livez")[1] == "ok"
    _, words = apiserver.request("GET", "/readyz?verbose&exclude=etcd&exclude=ping", token="")
    lines = words.splitlines()
    assert {"[+]etcd excluded: ok", "[+]ping excluded: ok", "[+]informer-sync ok", "[+]shutdown ok"} <= set(lines)
    assert "[+]poststarthook/rbac/bootstrap-roles ok" in lines and lines[-1] == "readyz check passed"
    assert apiserver.request("GET", "/healthz/poststarthook/rbac/bootstrap-roles") == (200, "ok")


def test_checks_as_metrics(apiserver: ApiServer) -> None:
    _, page = apiserver.request("GET", "/metrics/slis")
    assert 'kubernetes_healthcheck{name="etcd",type="readyz"} 1' in page.splitlines()
