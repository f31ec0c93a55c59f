"""One request, watched: the names that are asked for, the packets of DNS, the two ends of a connection."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kube import one_request


@pytest.mark.parametrize(
    ("name", "search", "ndots", "asked"),
    [
        ("web", ["a.svc", "svc"], 5, ["web.a.svc.", "web.svc.", "web."]),
        ("web.b", ["a.svc"], 1, ["web.b.", "web.b.a.svc."]),
        ("web.b.", ["a.svc"], 5, ["web.b."]),
    ],
)
def test_candidates(name: str, search: list[str], ndots: int, asked: list[str]):
    assert one_request.candidates(name, search, ndots) == asked


def test_resolv_conf():
    text = "search a.svc svc\nnameserver 10.96.0.10\noptions timeout:1 ndots:5\n"
    assert one_request.parse_resolv_conf(text) == (["10.96.0.10"], ["a.svc", "svc"], 5)


@contextmanager
def name_server(answer: bytes, rcode: int = 0) -> Iterator[int]:
    """Answers the question for IPv4 with one record, by a compressed name, and that for IPv6 with none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            for _ in range(2):
                data, client = sock.recvfrom(4096)
                known = answer if data[-4:-2] == b"\0\1" else b""
                head = data[:2] + struct.pack("!5H", 0x8180 | rcode, 1, 1 if known else 0, 0, 0)
                record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 5, len(known)) + known if known else b""
                sock.sendto(head + data[12:] + record, client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield sock.getsockname()[1]
        thread.join()


def test_an_answer_and_a_refusal():
    with name_server(bytes([10, 96, 0, 5])) as port:
        told = one_request.ask("127.0.0.1", "web.default.svc.cluster.local.", port=port)
    assert (told["rcode"], told["addresses"]) == ("NOERROR", ["10.96.0.5"])
    with name_server(b"", 3) as port:
        told = one_request.ask("127.0.0.1", "wbe.", port=port)
    assert (told["rcode"], told["addresses"]) == ("NXDOMAIN", [])


def test_nobody_answers():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        told = one_request.ask("127.0.0.1", "web.", port=silent.getsockname()[1], seconds=0.05)
    assert "timed out" in told["error"]


def test_a_request_knows_both_its_ends():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        seen: list[tuple[str, int]] = []

        def serve() -> None:
            connection, client = listener.accept()
            with connection:
                seen.append(client)
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nit is me\n")

        thread = threading.Thread(target=serve)
        thread.start()
        told = one_request.request({"host": "127.0.0.1", "port": port})
        thread.join()
    assert (told["status"], told["body"]) == ("HTTP/1.1 200 OK", "it is me\n")
    assert told["source"] == f"{seen[0][0]}:{seen[0][1]}"


def test_a_refused_connection_is_an_answer():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "refused" in one_request.request({"host": "127.0.0.1", "port": port})["error"]
