"""The kubelet's configuration: one frozen dataclass, made from flags that are named as upstream's.

Made by `kubelet.__main__`, read by everything here.
"""

from __future__ import annotations

import argparse
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class KubeletConfig:
    """See `parser` for what each means."""

    kubeconfig: str
    node_name: str
    node_ips: tuple[str, ...]
    root_dir: Path
    cluster_dns: tuple[str, ...] = ()
    cluster_domain: str = "cluster.local"
    container_runtime: str = "process"
    pod_bridge: str = "cni0"
    tls_cert_file: str = ""
    tls_private_key_file: str = ""
    client_ca_file: str = ""
    allowed_names: tuple[str, ...] = ("kube-apiserver-kubelet-client",)
    port: int = 10250
    healthz_port: int = 10248
    proxy_address: str = "127.0.0.1:10249"
    node_labels: tuple[tuple[str, str], ...] = ()
    max_pods: int = 110
    verbosity: int = 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m kubelet", description="The node agent: runs the pods that are bound to this node.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    add = made.add_argument
    add("--kubeconfig", default="", help="how to reach the API server; $KUBECONFIG if empty")
    add("--hostname-override", default=socket.gethostname(), help="the node's name")
    add("--node-ip", default="", help="the node's addresses, IPv4 first, separated by commas")
    add("--root-dir", default="/var/lib/kubelet", type=Path, help="where pods' records, logs and volumes are kept")
    add("--cluster-dns", default="", help="addresses of the cluster's DNS, for pods' resolv.conf")
    add("--cluster-domain", default="cluster.local")
    add("--container-runtime", default="process", choices=("process",), help="process: containers as plain processes")
    add("--pod-bridge", default="cni0", help="the bridge that pods are linked to")
    add("--tls-cert-file", default="", help="the serving certificate; without one there is no HTTPS server")
    add("--tls-private-key-file", default="")
    add("--client-ca-file", default="", help="who may sign the certificate of the API server that calls here")
    add("--allowed-names", default="kube-apiserver-kubelet-client", help="common names of those that may call")
    add("--port", default=10250, type=int, help="the HTTPS server's port")
    add("--healthz-port", default=10248, type=int, help="/healthz and /metrics on loopback; 0 for none")
    add("--proxy-address", default="127.0.0.1:10249", help="where this node's proxy serves metrics and debugging")
    add("--node-labels", default="", metavar="K=V,...", help="labels for the node when it is registered")
    add("--max-pods", default=110, type=int)
    add("-v", default=0, type=int, metavar="LEVEL", help="verbosity of the log")
    return made


def from_arguments(argv: Sequence[str] | None = None) -> KubeletConfig:
    """Exits with usage for flags that make no sense."""
    options = parser().parse_args(argv)
    return KubeletConfig(
        kubeconfig=options.kubeconfig,
        node_name=options.hostname_override.lower(),
        node_ips=_words(options.node_ip) or (_own_address(),),
        root_dir=options.root_dir.absolute(),
        cluster_dns=_words(options.cluster_dns),
        cluster_domain=options.cluster_domain,
        container_runtime=options.container_runtime,
        pod_bridge=options.pod_bridge,
        tls_cert_file=options.tls_cert_file,
        tls_private_key_file=options.tls_private_key_file,
        client_ca_file=options.client_ca_file,
        allowed_names=_words(options.allowed_names),
        port=options.port,
        healthz_port=options.healthz_port,
        proxy_address=options.proxy_address,
        node_labels=tuple(tuple(pair.split("=", 1)) for pair in _words(options.node_labels)),  # type: ignore[misc]
        max_pods=options.max_pods,
        verbosity=options.v,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _own_address() -> str:
    """The address that the host name stands for."""
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return "127.0.0.1"
