"""IP families, policies and addresses of single-stack and dual-stack clusters, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from apiserver.registry.core.services.families import default_families, keep_allocated, link_cluster_ips
from tests.apiserver.registry.core.services.desk import service

V4, V6, DUAL = ["IPv4"], ["IPv6"], ["IPv4", "IPv6"]
TWO = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1"]}
PREFER, REQUIRE, SINGLE = "PreferDualStack", "RequireDualStack", "SingleStack"


@pytest.mark.parametrize(
    ("cluster", "spec", "policy", "families"),
    [
        (V4, {}, SINGLE, V4),
        (DUAL, {}, SINGLE, V4),
        (["IPv6", "IPv4"], {}, SINGLE, V6),
        (V4, {"ipFamilyPolicy": PREFER}, PREFER, V4),
        (DUAL, {"ipFamilyPolicy": PREFER}, PREFER, DUAL),
        (DUAL, {"ipFamilyPolicy": REQUIRE}, REQUIRE, DUAL),
        (DUAL, {"ipFamilyPolicy": PREFER, "ipFamilies": V6}, PREFER, ["IPv6", "IPv4"]),
        (DUAL, {"ipFamilies": V6}, SINGLE, V6),
        (DUAL, {"clusterIP": "fd00::5"}, SINGLE, V6),
        (DUAL, {**TWO, "ipFamilyPolicy": PREFER}, PREFER, DUAL),
        (V4, {"clusterIP": "None"}, SINGLE, V4),
        (V4, {"clusterIP": "None", "selector": {}}, REQUIRE, DUAL),
        (V4, {"clusterIP": "None", "selector": {}, "ipFamilyPolicy": SINGLE}, SINGLE, V4),
        (V4, {"clusterIP": "None", "selector": {}, "ipFamilies": ["IPv6", "IPv4"]}, REQUIRE, ["IPv6", "IPv4"]),
        (V4, {"type": "ExternalName"}, None, []),
    ],
)  # fmt: skip
def test_what_a_new_service_gets(
    cluster: list[str], spec: dict[str, Any], policy: str | None, families: list[str]
) -> None:
    new = service("a", **spec)
    link_cluster_ips(new, None)
    assert default_families(new, None, cluster) == []
    assert (new.spec.ipFamilyPolicy, new.spec.ipFamilies) == (policy, families)


@pytest.mark.parametrize(
    ("cluster", "spec", "errors"),
    [
        (V4, {"ipFamilyPolicy": REQUIRE},
         ['spec.ipFamilyPolicy: Invalid value: "RequireDualStack": '
          "this cluster is not configured for dual-stack services"]),
        (V4, {"ipFamilies": V6}, ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster']),
        (V4, {"clusterIP": "None", "ipFamilies": V6},
         ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster']),
        (V4, {"clusterIP": "fd00::1"},
         ['spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster']),
        (DUAL, {"ipFamilies": DUAL, "ipFamilyPolicy": SINGLE},
         ["spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' "
          "when multiple IP families are specified"]),
        (V4, {"clusterIP": "10.96.0.33", "clusterIPs": ["10.96.0.33", "fd00::9"], "ipFamilyPolicy": SINGLE},
         ["spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' "
          "when multiple cluster IPs are specified",
          'spec.clusterIPs[1]: Invalid value: ["10.96.0.33","fd00::9"]: IPv6 is not configured on this cluster']),
    ],
)  # fmt: skip
def test_what_the_cluster_cannot_give(cluster: list[str], spec: dict[str, Any], errors: list[str]) -> None:
    new = service("a", **spec)
    link_cluster_ips(new, None)
    assert [str(error) for error in default_families(new, None, cluster)] == errors


@pytest.mark.parametrize(
    "spec",
    [
        {"clusterIP": "ten"},
        {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.2"]},
        {"clusterIPs": ["10.96.0.1", "10.96.0.2"]},
        {"ipFamilies": ["IPv5"]},
        {"ipFamilies": ["IPv4", "IPv4"]},
        {"ipFamilyPolicy": "Odd"},
        {"clusterIP": "10.96.0.1", "ipFamilies": V6},
    ],
)
def test_what_is_malformed_is_left_to_validation(spec: dict[str, Any]) -> None:
    new = service("a", **spec)
    link_cluster_ips(new, None)
    families = list(new.spec.ipFamilies)
    assert default_families(new, None, V4) == []
    assert new.spec.ipFamilies == families


OLD_DUAL = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1"], "ipFamilies": DUAL}
OLD_SINGLE = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ipFamilies": V4}


@pytest.mark.parametrize(
    ("old", "change", "addresses", "families"),
    [
        ({**OLD_DUAL, "ipFamilyPolicy": PREFER}, {"ipFamilyPolicy": SINGLE}, ["10.0.0.1"], V4),
        ({**OLD_DUAL, "ipFamilyPolicy": PREFER}, {}, ["10.0.0.1", "fd00::1"], DUAL),
        ({**OLD_SINGLE, "ipFamilyPolicy": PREFER}, {}, ["10.0.0.1"], V4),
        ({**OLD_SINGLE, "ipFamilyPolicy": SINGLE}, {"ipFamilyPolicy": PREFER}, ["10.0.0.1"], DUAL),
        ({**OLD_SINGLE, "ipFamilyPolicy": SINGLE}, {"clusterIP": ""}, ["10.0.0.1"], V4),
        ({**OLD_SINGLE, "ipFamilyPolicy": SINGLE}, {"clusterIP": "10.0.0.9"}, ["10.0.0.9"], V4),
    ],
)
def test_what_an_update_keeps(
    old: dict[str, Any], change: dict[str, Any], addresses: list[str], families: list[str]
) -> None:
    before, after = service("a", **old), service("a", **{**old, **change})
    keep_allocated(after, before)
    link_cluster_ips(after, before)
    assert default_families(after, before, DUAL) == []
    assert (after.spec.clusterIPs, after.spec.ipFamilies) == (addresses, families)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"clusterIPs": ["10.0.0.1"]}, "must be 'SingleStack' to release the secondary cluster IP"),
        ({"ipFamilies": V4}, "must be 'SingleStack' to release the secondary IP family"),
    ],
)
def test_a_second_family_is_not_lost_by_accident(change: dict[str, Any], error: str) -> None:
    old = {**OLD_DUAL, "ipFamilyPolicy": REQUIRE}
    found = default_families(service("a", **{**old, **change}), service("a", **old), DUAL)
    assert [str(one) for one in found] == [f'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": {error}']
