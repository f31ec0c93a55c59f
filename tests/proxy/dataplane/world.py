"""A small network in namespaces of its own: two nodes with pods on bridges, and a host that is no node.

    outside 192.168.77.200 ---+
                              | lan
    node1   192.168.77.11  ---+--- cni0 10.244.1.1 --- pod1 10.244.1.2, pod2 10.244.1.3      (the proxy runs here)
    node2   192.168.77.12  ---+--- cni0 10.244.2.1 --- pod3 10.244.2.2

Each also has IPv6: fd00:77::/64 on the lan, fd00:10:244:1::/64 and fd00:10:244:2::/64 for pods. Every pod answers on
port 8080 of TCP, UDP and (where the kernel has it) SCTP with its name and the address it was asked from. All sockets
are opened by threads that have entered a namespace, so one process plays every part.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import socket
import struct
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

PODS = {"pod1": ("node1", "10.244.1.2"), "pod2": ("node1", "10.244.1.3"), "pod3": ("node2", "10.244.2.2")}
HOSTS = {"node1": "192.168.77.11", "node2": "192.168.77.12", "outside": "192.168.77.200"}
PORT = 8080


def six(address: str) -> str:
    """The IPv6 address that goes with an IPv4 one: fd00:10:244:1::2 with 10.244.1.2, fd00:77::11 with 192.168.77.11,
    fd00:10:96::10 with 10.96.0.10, fd00:203::10 with 203.0.113.10."""
    first, second, network, host = address.split(".")
    if second == "96":
        return f"fd00:10:96::{host}"
    return {"192": "fd00:77::", "203": "fd00:203::"}.get(first, f"fd00:10:244:{network}::") + host


class Namespace:
    """A network namespace and a thread that lives in it."""

    def __init__(self, prefix: str, name: str):
        self.name = f"{prefix}-{name}"
        _run("ip", "netns", "add", self.name)
        self._thread = ThreadPoolExecutor(1, initializer=self._enter)
        # No duplicate address detection: links are ready when they are up.
        self.sysctl("net/ipv6/conf/default/accept_dad", "0")
        self.sysctl("net/ipv6/conf/all/accept_dad", "0")
        # The kernel rations what says "refused"; here many ask at once.
        self.sysctl("net/ipv4/icmp_ratemask", "0")
        self.sysctl("net/ipv6/icmp/ratelimit", "0")
        self.ip("link set lo up")

    def _enter(self) -> None:
        fd = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        if _libc.setns(fd, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Calls it in this namespace."""
        return self._thread.submit(function, *args).result(60)

    def shell(self, script: str) -> str:
        """Runs commands in this namespace; raises on the first that fails."""
        return self.call(lambda: _run("sh", "-ec", script))

    def ip(self, *lines: str) -> None:
        """Runs `ip` once for all these lines: a process is dear in a guest."""
        self.call(lambda: _run("ip", "-batch", "-", text="\n".join(lines)))

    def sysctl(self, name: str, value: str) -> None:
        self.call(lambda: Path(f"/proc/sys/{name}").write_text(value))

    def delete(self) -> None:
        self._thread.shutdown(wait=True)
        subprocess.run(["ip", "netns", "del", self.name], check=False)


class World:
    """The network. Use it as a context manager."""

    def __init__(self, prefix: str = ""):
        prefix = prefix or f"kl{os.getpid():x}"
        self.namespaces: dict[str, Namespace] = {}
        self._answering = _Answering()
        try:
            for name in ("lan", *HOSTS, *PODS):
                self.namespaces[name] = Namespace(prefix, name)
            self._wire()
            for pod in PODS:
                self.listen(pod, PORT)
            self.has_sctp = self._listen_sctp()
            self._answering.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getitem__(self, name: str) -> Namespace:
        return self.namespaces[name]

    def close(self) -> None:
        self._answering.stop()
        for namespace in self.namespaces.values():
            namespace.delete()

    def listen(self, where: str, port: int, protocols: tuple[str, ...] = ("TCP", "UDP")) -> None:
        """Answers on this port of a namespace. Raises OSError where the kernel lacks a protocol."""
        for protocol in protocols:
            for family in (socket.AF_INET, socket.AF_INET6):
                self._answering.add(where, self[where].call(_listener, family, protocol, port))

    def _listen_sctp(self) -> bool:
        """Every pod answers over SCTP too, where the kernel has it."""
        try:
            for pod in PODS:
                self.listen(pod, PORT, ("SCTP",))
        except OSError:
            return False
        return True

    def ask(
        self, client: str, address: str, port: int, protocol: str = "TCP", timeout: float = 1.0, source: int = 0
    ) -> str:
        """What a client gets: `pod1 10.244.1.3`, `refused` or `dropped`."""
        return self[client].call(_ask, address, port, protocol, timeout, source)

    def connect(self, client: str, address: str, port: int) -> socket.socket:
        """An open connection."""
        return self[client].call(lambda: socket.create_connection((address, port), 2))

    # ---- wiring ----

    def _wire(self) -> None:
        self["lan"].ip("link add br0 type bridge forward_delay 0", "link set br0 up")
        for host, address in HOSTS.items():
            self._link(host, "lan", "br0", f"{address}/24")
        for number in (1, 2):
            self._wire_node(self[f"node{number}"], number, other=3 - number)
        # The outside host reaches virtual addresses through node1, as a router that was told so would.
        node1, node2 = HOSTS["node1"], HOSTS["node2"]
        virtual = [f"route add 10.96.0.0/16 via {node1}", f"route add 203.0.113.0/24 via {node1}"]
        pods = [f"route add 10.244.1.0/24 via {node1}", f"route add 10.244.2.0/24 via {node2}"]
        virtual += [f"route add {prefix} via {six(node1)}" for prefix in ("fd00:10:96::/112", "fd00:203::/64")]
        self["outside"].ip(*virtual, *pods)
        for pod, (node_name, address) in PODS.items():
            gateway = address.rsplit(".", 1)[0] + ".1"
            ways_out = [f"route add default via {gateway}", f"route add default via {six(gateway)}"]
            self._link(pod, node_name, "cni0", f"{address}/24", *ways_out)
        # What pod3 sends to virtual addresses is node2's affair; there is no proxy, so node1 does it.
        self["node2"].ip(*virtual)

    def _wire_node(self, node: Namespace, number: int, other: int) -> None:
        node.sysctl("net/ipv4/ip_forward", "1")
        node.sysctl("net/ipv6/conf/all/forwarding", "1")
        beside, router = HOSTS[f"node{other}"], HOSTS["outside"]
        node.ip(
            "link add cni0 type bridge forward_delay 0", "link set cni0 up",
            f"addr add 10.244.{number}.1/24 dev cni0", f"addr add fd00:10:244:{number}::1/64 dev cni0 nodad",
            f"route add 10.244.{other}.0/24 via {beside}", f"route add fd00:10:244:{other}::/64 via {six(beside)}",
            f"route add default via {router}", f"route add default via {six(router)}",
        )  # fmt: skip

    def _link(self, inner: str, outer: str, bridge: str, address: str, *more: str) -> None:
        near, far = self[inner], self[outer]
        far.ip(
            f"link add v-{inner} type veth peer name eth0 netns {near.name}",
            f"link set v-{inner} master {bridge} up",
            f"link set v-{inner} type bridge_slave hairpin on",
        )
        also = six(address.partition("/")[0])
        near.ip(
            "link set eth0 up", f"addr add {address} dev eth0", f"addr add {also}/64 dev eth0 nodad", *more
        )  # fmt: skip


class _Answering:
    """One thread that answers on every listening socket."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        os.write(self._wake_write, b"x")
        if self._thread.is_alive():
            self._thread.join()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def add(self, name: str, listening: socket.socket) -> None:
        self._selector.register(listening, selectors.EVENT_READ, name)

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                with contextlib.suppress(OSError):
                    self._serve(key.fileobj, key.data)

    def _serve(self, ready: Any, name: str) -> None:
        if ready.type == socket.SOCK_DGRAM:
            _, peer = ready.recvfrom(2048)
            ready.sendto(f"{name} {peer[0]}".encode(), peer)
        elif ready.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            connection, _ = ready.accept()
            self._selector.register(connection, selectors.EVENT_READ, name)
        elif ready.recv(2048):
            ready.sendall(f"{name} {ready.getpeername()[0]}".encode())
        else:
            self._selector.unregister(ready)
            ready.close()


def _socket(family: int, protocol: str) -> socket.socket:
    kind = socket.SOCK_DGRAM if protocol == "UDP" else socket.SOCK_STREAM
    return socket.socket(family, kind, socket.IPPROTO_SCTP if protocol == "SCTP" else 0)


def _listener(family: int, protocol: str, port: int) -> socket.socket:
    listening = _socket(family, protocol)
    try:
        return _bound(listening, family, protocol, port)
    except OSError:
        listening.close()
        raise


def _bound(listening: socket.socket, family: int, protocol: str, port: int) -> socket.socket:
    if family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("", port))
    if protocol != "UDP":
        listening.listen(64)
    return listening


def _ask(address: str, port: int, protocol: str, timeout: float, source: int) -> str:
    with _socket(socket.AF_INET6 if ":" in address else socket.AF_INET, protocol) as asking:
        asking.settimeout(timeout)
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if source:  # closed by a reset, so that the port can be used again at once
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            asking.bind(("", source))
        try:
            asking.connect((address, port))
            asking.send(b"who?")
            return asking.recv(2048).decode() or "closed"
        except TimeoutError:
            return "dropped"
        except ConnectionRefusedError:
            return "refused"
        except PermissionError:  # who sends a datagram is told that a rule took it, and then whether it was refused
            return _refused_later(asking)
        except OSError as error:
            return os.strerror(error.errno or 0).lower()


def _refused_later(asking: socket.socket) -> str:
    asking.settimeout(0.3)
    with contextlib.suppress(TimeoutError):
        try:
            asking.recv(1)
        except ConnectionRefusedError:
            return "refused"
    return "dropped"


def _run(*command: str, text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
