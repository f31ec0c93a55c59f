"""Whether rules were changed, asked of a real kernel: in a network namespace of the thread that asks."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from proxy.ipvs.iptables import choose
from proxy.ipvs.xtables import fingerprint

pytestmark = [pytest.mark.root, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]


@pytest.mark.parametrize("family", [4, 6])
def test_a_rule_changes_it_and_packets_do_not(family: int):
    program = choose(family)
    if program is None:
        pytest.skip("this kernel serves no iptables")
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(_in_a_namespace, program, family).result(60)


def _in_a_namespace(program: str, family: int) -> None:
    assert ctypes.CDLL(None).unshare(0x40000000) == 0
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    empty = fingerprint(family)
    _rule(program, "-A OUTPUT -p udp --dport 9 -j ACCEPT")
    one = fingerprint(family)
    assert one != empty
    assert fingerprint(family) == one
    with socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.sendto(b"counted", ("::1" if family == 6 else "127.0.0.1", 9))
    assert fingerprint(family) == one
    _rule(program, "-R OUTPUT 1 -p udp --dport 10 -j ACCEPT")  # as many rules, of the same size
    assert fingerprint(family) != one


def _rule(program: str, words: str) -> None:
    subprocess.run([program, "-w", "5", *words.split()], check=True)
