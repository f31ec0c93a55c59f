"""The lab network as lines of `ip -batch`: a bridge in the control plane's machine, one link to each other machine.

Called by `lab.fleet`. Pure: it returns lines and applies none. Everything it names lives in machines of the lab;
there is no way out of the lab network, and nothing of the machine's own network is touched.

    control-plane  br0 192.168.77.1 ---+--- node1 eth0 192.168.77.11  (pods: its part of 10.244.0.0/16, on cni0)
                                       +--- node2 eth0 192.168.77.12
                                       +--- client eth0 192.168.77.100, a host that is no node
                                       +--- balancer eth0 192.168.77.99, where load balancers run
"""

from __future__ import annotations

import ipaddress

from lab.config import LabConfig

FORWARDING = (
    ("net/ipv4/ip_forward", "1"),
    ("net/ipv6/conf/all/forwarding", "1"),
    ("net/ipv4/conf/all/send_redirects", "0"),
    ("net/ipv4/conf/default/send_redirects", "0"),
    # A proxy in IPVS mode puts load balancers' addresses on its node: it must not say on the lab network that they
    # are there (kube-proxy: --ipvs-strict-arp).
    ("net/ipv4/conf/all/arp_ignore", "1"),
    ("net/ipv4/conf/all/arp_announce", "2"),
    # Addresses are ours alone: do not wait for duplicate address detection before using them.
    ("net/ipv6/conf/all/accept_dad", "0"),
    ("net/ipv6/conf/default/accept_dad", "0"),
)
"""Sysctls of a machine's own network namespace: it routes for its pods."""


def bridge(config: LabConfig) -> list[str]:
    """In the control plane's machine: the bridge with the gateway's addresses."""
    lines = ["link set lo up", "link add br0 type bridge forward_delay 0 mcast_snooping 0"]
    lines += [f"addr add {address} dev br0" for address in _with_length(config, "control-plane")]
    return [*lines, "link set br0 up"]


def veth(machine: str, pid: int) -> list[str]:
    """In the control plane's machine: a link whose far end is `eth0` of the machine with that PID 1."""
    end = link_name(machine)
    return [
        f"link add {end} type veth peer name eth0 netns {pid}",
        f"link set {end} master br0",
        f"link set {end} up",
    ]


def tap(machine: str) -> list[str]:
    """In the control plane's machine: a link for a guest's network card."""
    end = link_name(machine)
    return [f"tuntap add {end} mode tap", f"link set {end} master br0", f"link set {end} up"]


def link_name(machine: str) -> str:
    return f"to-{machine}"


def card(config: LabConfig, machine: str, device: str = "eth0") -> list[str]:
    """In a machine: its addresses, and the way to all that is not on the lab network."""
    lines = ["link set lo up", f"link set {device} up"]
    lines += [f"addr add {address} dev {device}" for address in _with_length(config, machine)]
    lines.append(f"route add default via {config.gateway}")
    if config.dual_stack:
        lines.append(f"route add default via {config.host_v6(1)}")
    return lines


def pod_routes(pod_cidrs: dict[str, list[str]], addresses: dict[str, list[str]]) -> list[str]:
    """In the control plane's machine, the router of the lab network: each node's pods are behind that node."""
    return [
        f"route replace {cidr} via {address}"
        for node, cidrs in pod_cidrs.items()
        for cidr in cidrs
        for address in addresses[node]
        if ipaddress.ip_network(cidr).version == ipaddress.ip_address(address).version
    ]


def sysctl_script(pairs: tuple[tuple[str, str], ...]) -> str:
    """For `sh -c`: kernels without a setting are left alone."""
    return "\n".join(f"[ ! -e /proc/sys/{key} ] || echo {value} > /proc/sys/{key}" for key, value in pairs)


def _with_length(config: LabConfig, machine: str) -> list[str]:
    v4, *v6 = config.addresses(machine)
    return [f"{v4}/{config.prefix_length}", *(f"{a}/{ipaddress.ip_network(config.network_v6).prefixlen}" for a in v6)]
