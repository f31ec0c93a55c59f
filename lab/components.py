"""The command line of every component, and the machine it runs on. Pure: plain data in, plain data out.

Called by `lab.up`. It calls nothing: what is written here is how the whole is put together. It leaves out starting
anything, which `lab.processes` does.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from lab.config import API_PORT, BALANCER_POOL, ETCD_PORT, KUBELET_PORT, LabConfig, Layout

LISTEN_FD = "{listen_fd}"
"""Stands for the number of the socket that the lab opens on the machine's loopback for the API server."""


@dataclass(frozen=True)
class Component:
    """One process: what `lab logs NAME` and `lab kill NAME` call it, where it runs ("": on this machine, beside the
    lab), its command line."""

    name: str
    machine: str
    argv: tuple[str, ...]


def python(module: str, **flags: object) -> tuple[str, ...]:
    words = [f"--{key.replace('_', '-')}={value}" for key, value in flags.items() if value not in (None, "")]
    return (sys.executable, "-m", module, *words)


def etcd_members(config: LabConfig, layout: Layout, ports: list[int]) -> list[Component]:
    """One etcd for each pair of ports (clients, peers); none when an existing cluster is used."""
    if config.etcd_servers:
        return []
    names = [f"etcd-{i}" if i else "etcd" for i in range(config.etcd_members)]
    urls = {name: (f"http://127.0.0.1:{ports[2 * i]}", f"http://127.0.0.1:{ports[2 * i + 1]}")
            for i, name in enumerate(names)}  # fmt: skip
    cluster = ",".join(f"{name}={peer}" for name, (_, peer) in urls.items())
    return [_etcd(layout, name, client, peer, cluster) for name, (client, peer) in urls.items()]


def _etcd(layout: Layout, name: str, client: str, peer: str, cluster: str) -> Component:
    flags = {
        "name": name, "data-dir": layout.etcd / name,
        "listen-client-urls": client, "advertise-client-urls": client,
        "listen-peer-urls": peer, "initial-advertise-peer-urls": peer, "initial-cluster": cluster,
        "snapshot-count": 10000, "quota-backend-bytes": 2 * 1024**3,
    }  # fmt: skip
    return Component(name, "control-plane", ("etcd", *(f"--{key}={value}" for key, value in flags.items())))


def etcd_endpoints(config: LabConfig, ports: list[int]) -> str:
    """What the API server is told: our members, or our forwarders to the given cluster, or that cluster itself."""
    if config.etcd_servers and not config.nodes:
        return config.etcd_servers
    count = len(config.etcd_servers.split(",")) if config.etcd_servers else config.etcd_members
    return ",".join(f"http://127.0.0.1:{ports[2 * i]}" for i in range(count))


def api_server(config: LabConfig, layout: Layout, ports: list[int], host_port: int) -> Component:
    pki = layout.pki
    # Endpoints cannot be on loopback, so a control plane alone says where it would be in a lab with nodes.
    where: dict[str, object] = {"bind_address": "127.0.0.1", "secure_port": host_port}
    if config.nodes:
        bind = "::" if config.dual_stack else "0.0.0.0"
        where = {"bind_address": bind, "secure_port": API_PORT, "listen_fd": LISTEN_FD}
    argv = python(
        "apiserver",
        etcd_servers=etcd_endpoints(config, ports),
        **where,
        advertise_address=config.gateway,
        tls_cert_file=pki / "apiserver.crt",
        tls_private_key_file=pki / "apiserver.key",
        client_ca_file=pki / "ca.crt",
        token_auth_file=pki / "tokens.csv",
        service_account_key_file=pki / "sa.pub",
        service_account_signing_key_file=pki / "sa.key",
        service_cluster_ip_range=config.service_cidrs,
        authorization_mode="Node,RBAC",
        enable_admission_plugins="NodeRestriction",
        kubelet_client_certificate=pki / "apiserver-kubelet-client.crt",
        kubelet_client_key=pki / "apiserver-kubelet-client.key",
        kubelet_certificate_authority=pki / "ca.crt",
        workers=config.workers if config.workers > 1 else None,
    )
    return Component("apiserver", "control-plane", argv)


def controllers(config: LabConfig, layout: Layout) -> Component:
    argv = python(
        "controllers",
        kubeconfig=layout.kubeconfig("controllers"),
        controllers=config.controllers,
        cluster_cidr=config.cluster_cidrs,
        service_cluster_ip_range=config.service_cidrs,
        root_ca_file=layout.pki / "ca.crt",
        service_account_private_key_file=layout.pki / "sa.key",
        bind_address="127.0.0.1",
        secure_port=None if config.nodes else 0,
    )
    return Component("controllers", "control-plane", argv)


def kubelet(config: LabConfig, layout: Layout, node: str, root_dir: str) -> Component:
    argv = python(
        "kubelet",
        kubeconfig=layout.kubeconfig(f"kubelet-{node}"),
        hostname_override=node,
        node_ip=",".join(config.addresses(node)),
        root_dir=root_dir,
        cluster_dns=config.dns_address,
        cluster_domain=config.cluster_domain,
        container_runtime="process",
        tls_cert_file=layout.pki / f"{node}-kubelet-server.crt",
        tls_private_key_file=layout.pki / f"{node}-kubelet-server.key",
        client_ca_file=layout.pki / "ca.crt",
        port=KUBELET_PORT,
    )
    return Component(f"kubelet-{node}", node, argv)


def proxy(config: LabConfig, layout: Layout, node: str) -> Component:
    argv = python(
        "proxy",
        kubeconfig=layout.kubeconfig(f"proxy-{node}"),
        hostname_override=node,
        proxy_mode=config.proxy_mode,
        cluster_cidr=config.cluster_cidrs,
        ipvs_scheduler=config.ipvs_scheduler,
        healthz_bind_address=":10256" if config.dual_stack else "0.0.0.0:10256",
        metrics_bind_address="127.0.0.1:10249",
    )
    return Component(f"proxy-{node}", node, argv)


def cloud_provider(config: LabConfig, layout: Layout, publish_fd: int) -> Component:
    """On the balancer host. `publish_fd` is this machine's own network, where load balancers are published too."""
    argv = python(
        "lab.balancer",
        kubeconfig=layout.kubeconfig("cloud-controller-manager"),
        pool=balancer_pool(config),
        publish_fd=publish_fd,
    )
    return Component("cloud-controller-manager", "balancer", argv)


def balancer_pool(config: LabConfig) -> str:
    """The addresses of load balancers, a range of each family."""
    first, last = BALANCER_POOL
    families = [config.host, *([config.host_v6] if config.dual_stack else [])]
    return ",".join(f"{address(first)}-{address(last)}" for address in families)


def ports_needed(config: LabConfig) -> int:
    """A client port and a peer port for each etcd member or forwarder."""
    return 2 * (len(config.etcd_servers.split(",")) if config.etcd_servers else config.etcd_members)


def fixed_ports(config: LabConfig) -> list[int]:
    """Inside a machine of the lab nobody else has ports: etcd's usual ones."""
    return [ETCD_PORT + (i // 2) * 10 + i % 2 for i in range(ports_needed(config))]
