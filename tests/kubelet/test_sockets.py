"""The listening sockets of a network namespace, out of /proc."""

from __future__ import annotations

import os
import socket

from kubelet.server.sockets import Listening, parse, read

TCP = """\
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0B4DA8C0:0050 644DA8C0:9A66 01 00000000:00000000 00:00000000 00000000     0        0 3 1
"""
TCP6 = """\
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 0 0
   1: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 0 0
"""


def test_only_those_that_listen():
    assert list(parse("TCP", "0A", TCP.splitlines())) == [
        Listening("TCP", "127.0.0.1", 8080), Listening("TCP", "0.0.0.0", 80)
    ]  # fmt: skip


def test_version_6_and_what_is_mapped_into_it():
    assert list(parse("TCP", "0A", TCP6.splitlines())) == [
        Listening("TCP", "::", 80), Listening("TCP", "127.0.0.1", 81)
    ]  # fmt: skip


def test_this_process():
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        found = read(os.getpid())
        assert Listening("TCP", "127.0.0.1", tcp.getsockname()[1]) in found
        assert Listening("UDP", "127.0.0.1", udp.getsockname()[1]) in found
