"""IP addresses and CIDRs: what is wrong with one, what Kubernetes warns of, and which addresses nobody may claim.

Called by the validation of Services, Endpoints, EndpointSlices, Nodes and address kinds. It calls the standard library
and the texts of `kube.apimachinery.validation`. Three degrees of strictness, as in Kubernetes (KEP-4858):

| the field | leading zeros, IPv4-mapped IPv6 | IPv6 not in RFC 5952 form |
|---|---|---|
| of an old API, new value | refused | a warning |
| of an old API, value that the stored object already had (`known`) | a warning | a warning |
| of a new API | refused | refused |
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from kube.apimachinery.errors import FieldError, Path, invalid_value
from kube.apimachinery.validation import is_valid_ip

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_BAD_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_ZEROS = re.compile(r"(^|[.:])0+(?=[0-9])")


# ---- reading ----


def parse_sloppy_ip(text: str) -> Address | None:
    """The address, with the leading zeros that old clients may have stored; an IPv4-mapped one as IPv4."""
    if "%" in text or text != text.strip():
        return None
    try:
        address = ipaddress.ip_address(text if ":" in text and "." not in text else _ZEROS.sub(r"\1", text))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def parse_sloppy_cidr(text: str) -> tuple[Address, Network] | None:
    """The address as written, and the network that it lies in."""
    head, slash, length = text.partition("/")
    address = parse_sloppy_ip(head)
    if not slash or address is None or not re.fullmatch("[0-9]{1,3}", length, re.ASCII):
        return None
    bits = int(length)
    if address.version == 4 and ":" in head:  # ::ffff:10.0.0.0/104 counts the bits of the IPv6 form
        bits -= 96
    if not 0 <= bits <= address.max_prefixlen:
        return None
    return address, ipaddress.ip_network(f"{address}/{bits}", strict=False)


def family_of(text: str) -> str:
    """`IPv4`, `IPv6`, or nothing for what is no address."""
    address = parse_sloppy_ip(text)
    if address is None:
        return ""
    return "IPv6" if address.version == 6 else "IPv4"


# ---- what is wrong ----


def validate_ip(text: str, path: Path, known: Collection[str] = ()) -> list[FieldError]:
    """An address in a field of an old API."""
    return [] if text in known else [invalid_value(path, text, why) for why in is_valid_ip(text)]


def validate_canonical_ip(text: str, path: Path) -> list[FieldError]:
    """An address in a field of a new API."""
    found = validate_ip(text, path)
    if not found and (canonical := str(ipaddress.ip_address(text))) != text:
        found.append(invalid_value(path, text, f'must be in canonical form ("{canonical}")'))
    return found


def validate_cidr(text: str, path: Path, known: Collection[str] = ()) -> list[FieldError]:
    """A CIDR in a field of an old API."""
    if text in known:
        return []
    why = _why_not_cidr(text)
    return [invalid_value(path, text, why)] if why else []


def _why_not_cidr(text: str) -> str:
    parsed = parse_sloppy_cidr(text)
    if parsed is None:
        return _BAD_CIDR
    head, _, length = text.partition("/")
    if (len(length) > 1 and length[0] == "0") or is_valid_ip(head) == ["must not have leading 0s"]:
        return "must not have leading 0s in IP or prefix length"
    if is_valid_ip(head):
        return "must not have an IPv4-mapped IPv6 address"
    address, network = parsed
    return "" if address == network.network_address else "must not have bits set beyond the prefix length"


def validate_non_special_ip(text: str, path: Path) -> list[FieldError]:
    """An address at which others are to be reached: not unspecified, loopback or link-local."""
    address = parse_sloppy_ip(text)
    if address is None:
        return [invalid_value(path, text, "must be a valid IP address")]
    found = []
    if address.is_unspecified:
        found.append(f"may not be unspecified ({text})")
    if address.is_loopback:
        found.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if address.is_link_local:
        found.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if any(address in network for network in _LINK_LOCAL_MULTICAST):
        found.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    return [invalid_value(path, text, why) for why in found]


_LINK_LOCAL_MULTICAST = (ipaddress.ip_network("224.0.0.0/24"), ipaddress.ip_network("ff02::/16"))


# ---- what is warned of ----


def warn_of_ip(text: str, path: Path) -> list[str]:
    """A valid address in an unusual form."""
    address = parse_sloppy_ip(text)
    if address is None:
        return []
    if is_valid_ip(text):
        return [
            f'{path}: non-standard IP address "{text}" will be considered invalid in a future Kubernetes release: '
            f'use "{address}"'
        ]
    if address.version == 6 and str(address) != text:
        return [f'{path}: IPv6 address "{text}" should be in RFC 5952 canonical format ("{address}")']
    return []


def warn_of_cidr(text: str, path: Path) -> list[str]:
    """A valid CIDR in an unusual form, or one that could mean two things."""
    parsed = parse_sloppy_cidr(text)
    if parsed is None:
        return []
    address, network = parsed
    warnings = []
    if address != network.network_address:
        single = f"{address}/{address.max_prefixlen}"
        warnings.append(
            f'{path}: CIDR value "{text}" is ambiguous in this context (should be "{network}" or "{single}"?)'
        )
    if _why_not_cidr(text) and "bits" not in _why_not_cidr(text):
        warnings.append(
            f'{path}: non-standard CIDR value "{text}" will be considered invalid in a future Kubernetes release: '
            f'use "{network}"'
        )
    elif address.version == 6 and f"{address}/{network.prefixlen}" != text:
        warnings.append(
            f'{path}: IPv6 CIDR value "{text}" should be in RFC 5952 canonical format ("{address}/{network.prefixlen}")'
        )
    return warnings
