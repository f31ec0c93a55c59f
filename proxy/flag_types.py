"""How the text of a flag becomes a value, and what is said of a wrong one.

Called by argparse, for `proxy.config`. It calls nothing; pure. It leaves out which flag has which type.
"""

from __future__ import annotations

import argparse
import ipaddress
import re

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"([0-9]*\.?[0-9]+)(ms|s|m|h)")
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+")
_TRUTH = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "mh", "fo", "ovf")


def truth(text: str) -> bool:
    """`true`, `false`, as Go's flags take them."""
    if text.lower() not in _TRUTH:
        raise argparse.ArgumentTypeError(f"{text!r}: must be true or false")
    return _TRUTH[text.lower()]


def duration(text: str) -> float:
    """`30`, `30s`, `1m30s`, `500ms`, as Go writes durations; in seconds."""
    if _NUMBER.fullmatch(text):
        return float(text)
    if not text or _DURATION.sub("", text):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a duration, such as 30s or 1m30s")
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))


def period(text: str) -> float:
    """A duration that passes."""
    if not (seconds := duration(text)):
        raise argparse.ArgumentTypeError("must be greater than 0")
    return seconds


def bind_address(text: str) -> str:
    """`IP:port`, `[IP]:port`, `:port`; empty: nowhere."""
    if not text:
        return ":0"
    host, colon, port = text.rpartition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r}: must be IP:port")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if bare and (not _is_address(bare) or (":" in bare) != (bare != host)):
        raise argparse.ArgumentTypeError(f"{host!r}: must be a valid IP")
    if not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{port!r}: must be a valid port")
    return text


def prefixes(text: str) -> str:
    """Prefixes, separated by commas."""
    for one in split(text):
        if "/" not in one or not _is_prefix(one):
            raise argparse.ArgumentTypeError(f"{one!r}: must be a valid CIDR block (e.g. 10.100.0.0/16)")
    return text


def cluster_cidr(text: str) -> str:
    """One prefix of the pods, or one of each family."""
    found = split(prefixes(text))
    if len(found) > 2 or len({":" in one for one in found}) != len(found):
        raise argparse.ArgumentTypeError(
            f"{text!r}: must be one CIDR block, or one of each IP family (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)"
        )
    return text


def node_port_addresses(text: str) -> str:
    """Prefixes, or `primary` alone."""
    if "primary" in split(text):
        if split(text) != ["primary"]:
            raise argparse.ArgumentTypeError("can't use both 'primary' and CIDRs")
        return "primary"
    return prefixes(text)


def scheduler(text: str) -> str:
    """A scheduler of the kernel's IPVS."""
    if text not in SCHEDULERS:
        raise argparse.ArgumentTypeError(f"{text!r}: must be one of {', '.join(SCHEDULERS)}")
    return text


def masquerade_bit(text: str) -> int:
    if not text.isdigit() or int(text) > 31:
        raise argparse.ArgumentTypeError("must be within the range [0, 31]")
    return int(text)


def count(text: str) -> int:
    """A whole number, not below 0."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r}: must be greater than or equal to 0")
    return int(text)


def split(text: str) -> list[str]:
    """The parts of a list, without spaces."""
    return list(filter(None, map(str.strip, text.split(","))))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_prefix(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
