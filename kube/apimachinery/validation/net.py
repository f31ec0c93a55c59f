"""The rules for numbers, ports, percentages, IP addresses and CIDRs.

Called by the validation of every kind that has them. It calls `names` for the texts. Each function returns what is
wrong, in Kubernetes' exact words. Which addresses a cluster may use is not here but with Services.
Sources: k8s.io/apimachinery `util/validation`; RFC 6335 for port names.
"""

from __future__ import annotations

import ipaddress
import re

from kube.apimachinery.validation.names import matches, max_length, regex_text


def is_in_range(value: int, low: int, high: int) -> list[str]:
    return [] if low <= value <= high else [f"must be between {low} and {high}, inclusive"]


def is_valid_port_number(port: int) -> list[str]:
    return is_in_range(port, 1, 65535)


def is_valid_port_name(name: str) -> list[str]:
    """IANA_SVC_NAME, RFC 6335."""
    problems: list[str] = []
    if len(name) > 15:
        problems.append(max_length(15))
    if not matches("[-a-z0-9]+", name):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", name):
        problems.append("must contain at least one letter (a-z)")
    if "--" in name:
        problems.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def is_valid_percent(value: str) -> list[str]:
    if matches("[0-9]+%", value):
        return []
    return [regex_text("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%")]  # noqa: E501


def is_valid_ip(value: str) -> list[str]:
    """IPv4 without leading zeros, or IPv6; an IPv4-mapped IPv6 address is refused, as for new fields."""
    if (address := parse_ip(value)) is None:
        if _has_leading_zeros(value):
            return ["must not have leading 0s"]
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return ["must not be an IPv4-mapped IPv6 address"]
    return []


def is_valid_cidr(value: str) -> list[str]:
    try:
        address, slash, length = value.partition("/")
        if not slash or not matches("[0-9]{1,3}", length) or parse_ip(address) is None:
            raise ValueError(value)
        ipaddress.ip_interface(value)
    except ValueError:
        return ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
    return []


def parse_ip(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, or None. Zones (`fe80::1%eth0`) are no addresses here."""
    try:
        return None if "%" in value else ipaddress.ip_address(value)
    except ValueError:
        return None


def is_ipv6(value: str) -> bool:
    return isinstance(parse_ip(value), ipaddress.IPv6Address)


def _has_leading_zeros(value: str) -> bool:
    parts = value.split(".")
    if len(parts) != 4 or not all(matches("[0-9]{1,3}", p) for p in parts):
        return False
    return any(len(p) > 1 and p[0] == "0" for p in parts)
