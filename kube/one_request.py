"""One real request, watched at every step: the name asked of DNS, the connection, the answer, and how long each took.

Run by the kubelet inside a pod's network namespace (`python -m kube.one_request`, a JSON object on standard input,
another on standard output), and called by `kubectl_lite trace client`. It calls sockets and nothing of ours, so that it
starts in the time that Python takes. It leaves out TLS: of a TLS port the connection is shown, and that it was closed.
Source: RFC 1035 for the packet, resolv.conf(5) for the search list.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
A, AAAA, CNAME = 1, 28, 5
DNS_SECONDS, CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 3.0, 5.0
MOST_BYTES = 65536


# ---- names ----


def candidates(name: str, search: list[str], ndots: int) -> list[str]:
    """The names that a resolver asks for, in its order."""
    if name.endswith("."):
        return [name]
    extended = [f"{name}.{domain.rstrip('.')}." for domain in search]
    return [f"{name}.", *extended] if name.count(".") >= ndots else [*extended, f"{name}."]


def parse_resolv_conf(text: str) -> tuple[list[str], list[str], int]:
    """Its servers, its search list, its `ndots`."""
    servers: list[str] = []
    search: list[str] = []
    ndots = 1
    for words in (line.split() for line in text.splitlines()):
        match words:
            case ["nameserver", server, *_]:
                servers.append(server)
            case ["search", *domains]:
                search = domains
            case ["options", *options]:
                ndots = next((int(o[6:]) for o in options if o.startswith("ndots:")), ndots)
    return servers, search, ndots


def resolve(name: str, servers: list[str], search: list[str], ndots: int) -> Iterator[Json]:
    """Each question and its answer, until one has addresses or no name is left."""
    for candidate in candidates(name, search, ndots):
        for server in servers:
            asked = ask(server, candidate)
            yield asked
            if asked.get("addresses"):
                return
            if not asked.get("error"):
                break  # an answer, though none that helps: the next server would say the same


def ask(server: str, name: str, port: int = 53, seconds: float = DNS_SECONDS) -> Json:
    """One question for both families over UDP: `rcode`, `addresses`, `alias`, or `error`; and its milliseconds.

    As resolvers do, both are sent at once from one socket, and the answers told apart by their numbers.
    """
    began = time.monotonic()
    asked: Json = {"name": name, "server": server, "addresses": []}
    first = int.from_bytes(os.urandom(2)) & 0xFFFE
    kinds = {first: A, first + 1: AAAA}
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    answers: dict[int, Json] = {}
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.settimeout(seconds)
            sock.connect((server, port))
            for number, kind in kinds.items():
                sock.send(_question(number, name, kind))
            while len(answers) < len(kinds):
                answer = sock.recv(4096)
                if (number := int.from_bytes(answer[:2])) in kinds:
                    answers[kinds[number]] = _parse(answer)
    except OSError as error:
        asked |= {} if answers else {"error": said(error)}  # some servers never answer for IPv6
    except (struct.error, IndexError):
        asked["error"] = "an answer that is no DNS"
    for kind in kinds.values():
        found = answers.get(kind) or {}
        asked["addresses"] += found.get("addresses", ())
        asked = {"rcode": found.get("rcode", ""), "alias": found.get("alias", "")} | asked
    return asked | {"ms": _ms(began)}


def _question(number: int, name: str, kind: int) -> bytes:
    labels = [label.encode("idna" if not label.isascii() else "ascii") for label in name.strip(".").split(".") if label]
    packed = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + packed + b"\0" + struct.pack("!2H", kind, 1)


def _parse(data: bytes) -> Json:
    _, flags, questions, answers, *_ = struct.unpack_from("!6H", data)
    at = 12
    for _ in range(questions):
        at = _skip_name(data, at) + 4
    addresses, alias = [], ""
    for _ in range(answers):
        at = _skip_name(data, at)
        kind, _, _, length = struct.unpack_from("!HHIH", data, at)
        at += 10
        if kind in (A, AAAA):
            addresses.append(str(ipaddress.ip_address(data[at : at + length])))
        elif kind == CNAME:
            alias = _name(data, at)
        at += length
    return {"rcode": RCODES.get(flags & 15, str(flags & 15)), "addresses": addresses, "alias": alias}


def _skip_name(data: bytes, at: int) -> int:
    while data[at] and data[at] < 0xC0:
        at += data[at] + 1
    return at + (2 if data[at] >= 0xC0 else 1)


def _name(data: bytes, at: int) -> str:
    labels: list[str] = []
    while data[at] and len(labels) < 128:
        if data[at] >= 0xC0:
            at = struct.unpack_from("!H", data, at)[0] & 0x3FFF
            continue
        labels.append(data[at + 1 : at + 1 + data[at]].decode("ascii", "replace"))
        at += data[at] + 1
    return ".".join(labels) + "."


# ---- the request ----


def request(asked: Json) -> Json:
    """`host`, `port`, `protocol`, `path`, `family`, `resolvConf` -> the questions asked, both ends, the answer, times.

    With `port` 0 the name is resolved and nothing else is done.
    """
    shown: Json = {"at": time.time(), "queries": []}
    address = _address(asked, shown)
    if address and asked.get("port"):
        send = _send_datagram if asked.get("protocol") == "UDP" else _send_stream
        shown |= send(address, int(asked["port"]), asked)
    return shown


def _address(asked: Json, shown: Json) -> str:
    host = asked["host"]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    servers, search, ndots = parse_resolv_conf(asked.get("resolvConf") or _own_resolv_conf())
    shown |= {"queries": list(resolve(host, servers, search, ndots)), "search": search, "ndots": ndots}
    addresses = [address for query in shown["queries"] for address in query["addresses"]]
    found = preferred(addresses, str(asked.get("family") or ""))
    if not found:
        shown["error"] = f"{host} has no address" + (f" of IPv{asked['family']}" if addresses else "")
    return found


def preferred(addresses: list[str], family: str = "") -> str:
    """The address that is tried first; empty when there is none of the family, `4` or `6`, that is asked for.

    By RFC 6724, with no global IPv6 address of ours, IPv4 goes before the addresses that clusters give to Services.
    """
    fitting = [a for a in addresses if not family or (":" in a) == (family == "6")]
    return min(fitting, key=lambda address: ":" in address, default="")


def _own_resolv_conf() -> str:
    try:
        with open("/etc/resolv.conf") as file:
            return file.read()
    except OSError:
        return ""


def said(error: OSError) -> str:
    """In a person's words, as Go has them: `connection refused`."""
    return (os.strerror(error.errno).lower() if error.errno else str(error)) or "timed out"


def _socket(address: str, kind: socket.SocketKind, protocol: int = 0) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind, protocol)
    sock.settimeout(CONNECT_SECONDS)
    return sock


def _send_stream(address: str, port: int, asked: Json) -> Json:
    """Over TCP or SCTP: both are streams, whose first sentence is that of HTTP."""
    protocol = "SCTP" if asked.get("protocol") == "SCTP" else "TCP"
    shown: Json = {"address": address, "port": port, "protocol": protocol}
    try:
        sock = _socket(address, socket.SOCK_STREAM, socket.IPPROTO_SCTP if protocol == "SCTP" else 0)
    except OSError as error:
        return shown | {"error": f"this kernel cannot send {protocol}: {said(error)}"}
    with sock:
        began = time.monotonic()
        try:
            sock.connect((address, port))
        except OSError as error:
            return shown | {"error": f"connect: {said(error)}", "source": _end(sock), "connectMs": _ms(began)}
        shown |= {"source": _end(sock), "connectMs": _ms(began)}
        if asked.get("connectOnly"):
            return shown
        sock.settimeout(ANSWER_SECONDS)
        return shown | _converse(sock, _http(asked), began)


def _http(asked: Json) -> bytes:
    path, host = asked.get("path") or "/", asked.get("hostHeader") or asked["host"]
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "User-Agent: kubectl_lite-trace", "Connection: close", "", ""]
    return "\r\n".join(lines).encode()


def _converse(sock: socket.socket, sent: bytes, began: float) -> Json:
    data, shown = b"", {}
    try:
        sock.sendall(sent)
        while len(data) < MOST_BYTES and (piece := sock.recv(16384)):
            shown.setdefault("firstByteMs", _ms(began))
            data += piece
    except OSError as error:
        shown["error"] = f"answer: {said(error)}"
    head, _, body = data.partition(b"\r\n\r\n")
    is_http = head.startswith(b"HTTP/")
    shown |= {
        "status": head.split(b"\r\n")[0].decode("latin-1") if is_http else "",
        "body": (body if is_http else data)[:400].decode("utf-8", "replace"),
        "bytes": len(data), "totalMs": _ms(began),
    }  # fmt: skip
    return shown


def _send_datagram(address: str, port: int, asked: Json) -> Json:
    shown: Json = {"address": address, "port": port, "protocol": "UDP"}
    with _socket(address, socket.SOCK_DGRAM) as sock:
        began = time.monotonic()
        try:
            sock.connect((address, port))
            shown["source"] = _end(sock)
            sock.send(_question(1, "kubernetes.default.svc.cluster.local.", A) if port == 53 else b"\n")
            data = sock.recv(4096)
            shown |= {"bytes": len(data), "firstByteMs": _ms(began), "status": f"{len(data)} bytes", "body": ""}
        except OSError as error:
            shown["error"] = f"answer: {said(error)}"
        return shown | {"totalMs": _ms(began)}


def _end(sock: socket.socket) -> str:
    address, port = sock.getsockname()[:2]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 2)


if __name__ == "__main__":
    print(json.dumps(request(json.load(sys.stdin))))
