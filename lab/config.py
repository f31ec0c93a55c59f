"""What a lab is: its size, its addresses, and where its files are. Plain data.

Made by `lab.__main__` from flags, kept in the lab's state so that later commands find it again, read by everything
here. It calls nothing. It leaves out what is running at the moment: that is `lab.state`.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

API_PORT = 6443
ETCD_PORT = 2379
KUBELET_PORT = 10250
AGENT_PORT = 2222
BALANCER_POOL = (200, 250)
"""The last bytes of the addresses that load balancers get on the lab network."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class LabConfig:
    """One lab, as asked for. `driver` and `proxy_mode` are resolved ones once the lab is up, never `auto`."""

    name: str
    data_dir: str
    nodes: int = 3
    driver: str = "netns"
    proxy_mode: str = "auto"
    ipvs_scheduler: str = "rr"
    secure_port: int = 0
    controllers: str = "*"
    etcd_servers: str = ""
    etcd_members: int = 1
    workers: int = 1
    dual_stack: bool = False
    cloud_provider: str = "lab"
    forward: str = ""
    network: str = "192.168.77.0/24"
    network_v6: str = "fd00:77::/64"
    cluster_cidr: str = "10.244.0.0/16"
    cluster_cidr_v6: str = "fd00:10:244::/48"
    service_cidr: str = "10.96.0.0/16"
    service_cidr_v6: str = "fd00:10:96::/112"
    cluster_domain: str = "cluster.local"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> LabConfig:
        """From the state file; fields of another version of the lab are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})

    @property
    def node_names(self) -> list[str]:
        return [f"node{number}" for number in range(1, self.nodes + 1)]

    @property
    def prefix_length(self) -> int:
        return ipaddress.ip_network(self.network).prefixlen

    def host(self, number: int) -> str:
        """The address on the lab network that ends in this number."""
        return str(ipaddress.ip_network(self.network)[number])

    def host_v6(self, number: int) -> str:
        return str(ipaddress.ip_network(self.network_v6)[number])

    @property
    def gateway(self) -> str:
        return self.host(1)

    def address_number(self, machine: str) -> int:
        """`node1` is .11, `client` .100, `balancer` .99, the control plane is the gateway .1."""
        fixed = {"control-plane": 1, "client": 100, "balancer": 99}
        return fixed[machine] if machine in fixed else 10 + int(machine.removeprefix("node"))

    def addresses(self, machine: str) -> list[str]:
        number = self.address_number(machine)
        return [self.host(number), *([self.host_v6(number)] if self.dual_stack else [])]

    @property
    def service_cidrs(self) -> str:
        return ",".join([self.service_cidr, *([self.service_cidr_v6] if self.dual_stack else [])])

    @property
    def cluster_cidrs(self) -> str:
        return ",".join([self.cluster_cidr, *([self.cluster_cidr_v6] if self.dual_stack else [])])

    @property
    def api_service_address(self) -> str:
        """The cluster IP of the Service `kubernetes`: the first of the range."""
        return str(ipaddress.ip_network(self.service_cidr)[1])

    @property
    def dns_address(self) -> str:
        return self.dns_addresses[0]

    @property
    def dns_addresses(self) -> list[str]:
        """Of the Service `kube-dns`: the tenth of each range."""
        return [str(ipaddress.ip_network(cidr)[10]) for cidr in self.service_cidrs.split(",")]


@dataclass(frozen=True)
class Layout:
    """Where a lab keeps its files."""

    root: Path

    @property
    def state(self) -> Path:
        return self.root / "state.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def etcd(self) -> Path:
        return self.root / "etcd"

    @property
    def admin_kubeconfig(self) -> Path:
        """For the machine the lab runs on: the API server on loopback."""
        return self.root / "admin.kubeconfig"

    def kubeconfig(self, identity: str) -> Path:
        """For a component, or `admin` inside the lab network."""
        return self.root / "kubeconfig" / f"{identity}.kubeconfig"

    def machine(self, name: str) -> Path:
        """What belongs to one machine: its /etc/hosts, its kubelet's directory."""
        return self.root / "machines" / name

    def log(self, component: str) -> Path:
        return self.logs / f"{component}.log"


def default_data_dir(name: str) -> Path:
    """`$KUBE_LITE_HOME/NAME`, else `~/.kube-lite/NAME`."""
    home = os.environ.get("KUBE_LITE_HOME")
    return (Path(home) if home else Path.home() / ".kube-lite") / name
