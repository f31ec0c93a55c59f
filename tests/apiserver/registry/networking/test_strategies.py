"""What may be written as an IPAddress and as a ServiceCIDR, in Kubernetes' words."""

from __future__ import annotations

from typing import Any

import pytest

from apiserver.registry.networking.ipaddresses.strategy import IPAddressStrategy
from apiserver.registry.networking.servicecidrs.bootstrap import ensure_default
from apiserver.registry.networking.servicecidrs.ready import default_service_cidr, is_ready, ready_cidrs
from apiserver.registry.networking.servicecidrs.strategy import ServiceCIDRStrategy
from apiserver.storage.etcd import EtcdStorage
from apiserver.storage.interface import Stored
from kube.api.networking_v1 import IPAddress, ServiceCIDR

NOW = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("10.96.0.1", []),
        ("2001:db8::abcd", []),
        ("2001:DB8::ABCD", ["must be a canonical format IP address"]),
        ("ten", ['ParseAddr("ten"): unable to parse IP']),
        ("010.0.0.1", ['ParseAddr("010.0.0.1"): unable to parse IP']),
    ],
)
def test_the_name_of_an_address(name: str, wrong: list[str]) -> None:
    assert IPAddressStrategy().validate_name(name) == wrong


@pytest.mark.parametrize(
    ("parent", "wrong"),
    [
        (None, ["spec.parentRef: Required value"]),
        ({"resource": "gateways", "name": "x", "group": "example.org"}, []),
        ({}, ["spec.parentRef.resource: Required value", "spec.parentRef.name: Required value"]),
        ({"resource": "a/b", "name": "x"}, ["spec.parentRef.resource: Invalid value: \"a/b\": may not contain '/'"]),
    ],
)
def test_the_parent_of_an_address(parent: dict[str, str] | None, wrong: list[str]) -> None:
    address = IPAddress.from_dict({"spec": {"parentRef": parent}})
    assert [str(error) for error in IPAddressStrategy().validate(address)] == wrong


def test_an_address_keeps_its_parent() -> None:
    old = IPAddress.from_dict({"spec": {"parentRef": {"resource": "services", "name": "a"}}})
    new = IPAddress.from_dict({"spec": {"parentRef": {"resource": "services", "name": "b"}}})
    (error,) = IPAddressStrategy().validate_update(new, old)
    assert str(error).endswith("field is immutable")


def service_cidr(*cidrs: str, **more: Any) -> ServiceCIDR:
    return ServiceCIDR.from_dict(
        {"kind": "ServiceCIDR", "metadata": {"name": "x"}, "spec": {"cidrs": list(cidrs)}, **more}
    )


ONE_EACH = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"


@pytest.mark.parametrize(
    ("cidrs", "wrong"),
    [
        (["10.0.0.0/24"], []),
        (["10.0.0.0/24", "fd00::/112"], []),
        ([], ["spec.cidrs: Required value: at least one CIDR required"]),
        (
            ["10.0.0.1/24"],
            ['spec.cidrs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length'],
        ),
        (["1", "2", "3"], ['spec.cidrs: Invalid value: ["1","2","3"]: may only hold up to 2 values']),
        (["10.0.0.0/24", "10.1.0.0/24"], [f'spec.cidrs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: {ONE_EACH}']),
    ],
)
def test_a_new_service_cidr(cidrs: list[str], wrong: list[str]) -> None:
    assert [str(error) for error in ServiceCIDRStrategy().validate(service_cidr(*cidrs))] == wrong


@pytest.mark.parametrize(
    ("cidrs", "wrong"),
    [
        (["172.30.83.0/28"], []),
        (["172.30.83.0/28", "fd00::/112"], []),
        (["172.30.84.0/28"], ['spec.cidrs[0]: Invalid value: "172.30.84.0/28": field is immutable']),
        ([], ["spec.cidrs: Invalid value: []: field is immutable"]),
        (
            ["172.30.83.0/28", "172.30.84.0/28"],
            [f'spec.cidrs: Invalid value: ["172.30.83.0/28","172.30.84.0/28"]: {ONE_EACH}'],
        ),
    ],
)
def test_a_changed_service_cidr(cidrs: list[str], wrong: list[str]) -> None:
    found = ServiceCIDRStrategy().validate_update(service_cidr(*cidrs), service_cidr("172.30.83.0/28"))
    assert [str(error) for error in found] == wrong


@pytest.mark.parametrize(
    ("more", "ready"),
    [
        ({}, True),
        ({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}, True),
        ({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}, False),
        ({"metadata": {"deletionTimestamp": NOW}}, False),
    ],
)
def test_which_ranges_give_addresses(more: dict[str, Any], ready: bool) -> None:
    one = service_cidr("10.0.0.0/24", **more)
    assert list(ready_cidrs([Stored("k", one.to_json(), 1)])) == (["10.0.0.0/24"] if ready else [])


def test_the_default_range_is_ready() -> None:
    made = default_service_cidr(["10.96.0.0/12"], "uid", NOW)
    assert made.metadata.name == "kubernetes" and is_ready(made)
    assert ServiceCIDRStrategy().validate(made) == []


async def test_the_default_range_is_made_once_and_widened(etcd: str) -> None:
    store = EtcdStorage([etcd], "/default-service-cidr", compaction_interval=0)
    try:
        for cidrs in (["10.96.0.0/12"], ["10.0.0.0/8"], ["10.96.0.0/12", "fd00::/112"], ["10.96.0.0/12"]):
            await ensure_default(store, cidrs, NOW)
        stored = await store.get("/registry/servicecidrs/kubernetes")
        assert ServiceCIDR.from_json(stored.wire).spec.cidrs == ["10.96.0.0/12", "fd00::/112"]
    finally:
        await store.aclose()
