"""Addresses and CIDRs: what is refused and what is warned of, in Kubernetes' words."""

import pytest

from apiserver.registry.validation.addresses import (
    family_of,
    parse_sloppy_cidr,
    parse_sloppy_ip,
    validate_canonical_ip,
    validate_cidr,
    validate_ip,
    validate_non_special_ip,
    warn_of_cidr,
    warn_of_ip,
)
from kube.apimachinery.errors import Path

AT = Path("f")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("010.000.0.01", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0", None), ("10.0.0.256", None), (" 10.0.0.1", None), ("fe80::1%eth0", None), ("", None), ("x", None),
    ],
)  # fmt: skip
def test_sloppy_addresses(text, address):
    parsed = parse_sloppy_ip(text)
    assert (None if parsed is None else str(parsed)) == address


def test_sloppy_cidrs_keep_address_and_network():
    assert [str(part) for part in parse_sloppy_cidr("10.0.0.7/24")] == ["10.0.0.7", "10.0.0.0/24"]
    assert [str(part) for part in parse_sloppy_cidr("::ffff:10.0.0.7/120")] == ["10.0.0.7", "10.0.0.0/24"]
    assert parse_sloppy_cidr("10.0.0.0/33") is None and parse_sloppy_cidr("10.0.0.0") is None


@pytest.mark.parametrize(("text", "family"), [("10.0.0.1", "IPv4"), ("::1", "IPv6"), ("host", "")])
def test_families(text, family):
    assert family_of(text) == family


@pytest.mark.parametrize(
    ("rule", "text", "why"),
    [
        (validate_ip, "10.0.0.1", ""),
        (validate_ip, "2001:DB8::1", ""),
        (validate_ip, "10.0.0.01", "must not have leading 0s"),
        (validate_ip, "::ffff:10.0.0.1", "must not be an IPv4-mapped IPv6 address"),
        (validate_ip, "host", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        (validate_canonical_ip, "2001:db8::1", ""),
        (validate_canonical_ip, "2001:DB8::1", 'must be in canonical form ("2001:db8::1")'),
        (validate_cidr, "10.0.0.0/8", ""),
        (validate_cidr, "2001:db8::/32", ""),
        (validate_cidr, "10.0.0.1/8", "must not have bits set beyond the prefix length"),
        (validate_cidr, "10.0.0.0/08", "must not have leading 0s in IP or prefix length"),
        (validate_cidr, "010.0.0.0/8", "must not have leading 0s in IP or prefix length"),
        (validate_cidr, "::ffff:10.0.0.0/104", "must not have an IPv4-mapped IPv6 address"),
        (validate_cidr, "10.0.0.0/33", "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"),
        (validate_non_special_ip, "192.0.2.1", ""),
        (validate_non_special_ip, "::", "may not be unspecified (::)"),
        (validate_non_special_ip, "::1", "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (validate_non_special_ip, "fe80::1", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (validate_non_special_ip, "224.0.0.9",
         "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
        (validate_non_special_ip, "x", "must be a valid IP address"),
    ],
)  # fmt: skip
def test_what_is_refused(rule, text, why):
    assert [str(e) for e in rule(text, AT)] == ([f'f: Invalid value: "{text}": {why}'] if why else [])


def test_what_was_stored_before_is_left_alone():
    assert validate_ip("010.0.0.1", AT, known={"010.0.0.1"}) == []
    assert validate_cidr("10.0.0.1/8", AT, known={"10.0.0.1/8"}) == []


@pytest.mark.parametrize(
    ("rule", "text", "warning"),
    [
        (warn_of_ip, "10.0.0.1", ""),
        (warn_of_ip, "010.0.0.1",
         'f: non-standard IP address "010.0.0.1" will be considered invalid in a future Kubernetes release: use '
         '"10.0.0.1"'),
        (warn_of_ip, "2001:DB8::1", 'f: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format '
         '("2001:db8::1")'),
        (warn_of_cidr, "10.0.0.0/8", ""),
        (warn_of_cidr, "10.0.0.1/8",
         'f: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)'),
        (warn_of_cidr, "010.0.0.0/8",
         'f: non-standard CIDR value "010.0.0.0/8" will be considered invalid in a future Kubernetes release: use '
         '"10.0.0.0/8"'),
        (warn_of_cidr, "2001:DB8::/32",
         'f: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")'),
    ],
)  # fmt: skip
def test_what_is_warned_of(rule, text, warning):
    assert rule(text, AT) == ([warning] if warning else [])
