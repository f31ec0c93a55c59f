"""Which Service has which address of the pool."""

import pytest

from lab.balancer.pool import Pool, PoolError, addresses_between


def pool() -> Pool:
    return Pool({"IPv4": addresses_between("10.0.0.1", "10.0.0.3"), "IPv6": addresses_between("fd00::1", "fd00::2")})


def test_each_owner_gets_the_first_free_address_and_keeps_it():
    p = pool()
    assert p.allocate("a", ["IPv4"]) == ["10.0.0.1"]
    assert p.allocate("b", ["IPv4", "IPv6"]) == ["10.0.0.2", "fd00::1"]
    p.release("a")
    assert p.allocate("b", ["IPv4"]) == ["10.0.0.2"]
    assert p.allocate("c", ["IPv6", "IPv4"]) == ["fd00::1", "10.0.0.1"]


def test_an_address_may_be_asked_for():
    p = pool()
    assert p.allocate("a", ["IPv4"], "10.0.0.3") == ["10.0.0.3"]
    with pytest.raises(PoolError, match="belongs to another"):
        p.allocate("b", ["IPv4"], "10.0.0.3")
    with pytest.raises(PoolError, match="not in the pool"):
        p.allocate("b", ["IPv4"], "192.0.2.1")


def test_a_full_pool_says_so():
    p = pool()
    for owner in "abc":
        p.allocate(owner, ["IPv4"])
    with pytest.raises(PoolError, match="no free IPv4 address"):
        p.allocate("d", ["IPv4"])
    assert p.of("d") == []


def test_what_was_restored_is_kept_and_belongs_to_the_first():
    p = pool()
    p.restore("a", ["10.0.0.2", "192.0.2.9"])
    p.restore("b", ["10.0.0.2"])
    assert p.of("a") == ["10.0.0.2"] and p.of("b") == []
    assert p.allocate("b", ["IPv4"]) == ["10.0.0.1"]
    assert p.allocate("a", ["IPv4"]) == ["10.0.0.2"]
