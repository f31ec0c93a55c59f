"""The flags of `python -m controllers`, under kube-controller-manager's names, as one frozen dataclass.

Called by `controllers.__main__` and the lab. It calls argparse. It leaves out what a flag does.
"""

from __future__ import annotations

import argparse
import dataclasses
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kube.jwt import Signer, load_private_key


def _flag(default: Any, help: str, **more: Any) -> Any:
    return field(default=default, metadata={"help": help, **more})


def _workers(default: int, controller: str, what: str) -> Any:
    return _flag(default, f"How many {what} are worked on at a time.", controller=controller)


@dataclass(frozen=True)
class Config:
    kubeconfig: str = _flag("", "Path to a kubeconfig; without it $KUBECONFIG, ~/.kube/config, or the pod's own.")
    controllers: str = _flag("*", "Controllers to run: '*' is all, 'foo' one, '-foo' not that one; comma-separated.")
    leader_elect: bool = _flag(True, "Run the controllers only while holding the lease kube-controller-manager.")
    leader_elect_lease_duration: float = _flag(8.0, "Seconds after which others may take the lease of a silent leader.")
    leader_elect_renew_deadline: float = _flag(5.0, "Seconds after which a leader that cannot renew stops.")
    leader_elect_retry_period: float = _flag(1.0, "Seconds between tries to take or renew the lease.")
    leader_elect_resource_namespace: str = _flag("kube-system", "The lease's namespace.")
    leader_elect_resource_name: str = _flag("kube-controller-manager", "The lease's name.")
    cluster_cidr: str = _flag("10.244.0.0/16", "Range(s) of the pods; each node gets a part. Comma-separated.")
    node_cidr_mask_size: int = _flag(24, "Mask of a node's part of an IPv4 range.")
    node_cidr_mask_size_ipv6: int = _flag(64, "Mask of a node's part of an IPv6 range.")
    service_cluster_ip_range: str = _flag("10.96.0.0/16", "Range(s) of the Services' addresses. Comma-separated.")
    service_node_port_range: str = _flag("30000-32767", "Range of the node ports.")
    root_ca_file: str = _flag("", "Certificate authority to publish in each namespace; default: the kubeconfig's.")
    service_account_private_key_file: str = _flag(
        "",
        "Key that signs tokens for Secrets of type kubernetes.io/service-account-token; without it none are made.",
    )
    concurrent_serviceaccount_token_syncs: int = _workers(
        5, "serviceaccount-token-controller", "Secrets for their tokens"
    )
    concurrent_deployment_syncs: int = _workers(5, "deployment-controller", "Deployments")
    concurrent_replicaset_syncs: int = _workers(5, "replicaset-controller", "ReplicaSets")
    concurrent_statefulset_syncs: int = _workers(5, "statefulset-controller", "StatefulSets")
    concurrent_daemonset_syncs: int = _workers(2, "daemonset-controller", "DaemonSets")
    concurrent_service_endpoint_syncs: int = _workers(
        5, "endpointslice-controller", "Services for their EndpointSlices"
    )
    concurrent_endpoint_syncs: int = _workers(5, "endpoints-controller", "Services for their Endpoints")
    mirroring_concurrent_service_endpoint_syncs: int = _workers(
        5, "endpointslice-mirroring-controller", "Endpoints to mirror"
    )
    concurrent_service_syncs: int = _workers(1, "service-lb-controller", "Services of type LoadBalancer")
    concurrent_namespace_syncs: int = _workers(10, "namespace-controller", "namespaces to empty")
    concurrent_gc_syncs: int = _workers(20, "garbage-collector-controller", "objects to collect")
    node_monitor_period: float = _flag(5.0, "Seconds between looks at the nodes' leases.")
    node_monitor_grace_period: float = _flag(40.0, "Seconds without a heartbeat after which a node is Unknown.")
    bind_address: str = _flag("127.0.0.1", "Address of the health and metrics server.")
    secure_port: int = _flag(10257, "Port of the health and metrics server (plain HTTP); 0 turns it off.")
    v: int = _flag(2, "Verbosity: 0 warnings only, 2 what controllers do, 4 everything.")

    @property
    def cluster_cidrs(self) -> tuple[str, ...]:
        return _ranges(self.cluster_cidr)

    @property
    def service_cidrs(self) -> tuple[str, ...]:
        return _ranges(self.service_cluster_ip_range)

    @property
    def node_ports(self) -> tuple[int, int]:
        low, _, high = self.service_node_port_range.partition("-")
        return int(low), int(high or low)

    @property
    def workers(self) -> dict[str, int]:
        """Controller -> how many keys it works on at a time."""
        flags = [spec for spec in dataclasses.fields(self) if "controller" in spec.metadata]
        return {spec.metadata["controller"]: getattr(self, spec.name) for spec in flags}

    def root_ca(self) -> str:
        """The published certificate, empty when none is named. Raises OSError."""
        return Path(self.root_ca_file).read_text() if self.root_ca_file else ""

    def token_signer(self) -> Signer | None:
        """What signs the tokens of Secrets. Raises OSError, and ValueError for what is no key."""
        file = self.service_account_private_key_file
        return Signer(load_private_key(Path(file).read_bytes())) if file else None


def _ranges(text: str) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_network(part.strip(), strict=False)) for part in text.split(",") if part.strip())


def parse(arguments: Sequence[str]) -> Config:
    """From the command line. Exits with a message when it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m controllers",
        description="The controllers of kube-lite, the scheduler among them, in one process.",
    )
    for spec in dataclasses.fields(Config):
        flag, kind = "--" + spec.name.replace("_", "-"), type(spec.default)
        flag = "-v" if flag == "--v" else flag
        if kind is bool:
            parser.add_argument(
                flag, type=_boolean, nargs="?", const=True, default=spec.default, help=spec.metadata["help"]
            )
        else:
            parser.add_argument(
                flag, type=kind, default=spec.default, help=f"{spec.metadata['help']} Default: {spec.default!r}."
            )
    config = Config(**vars(parser.parse_args(arguments)))
    if min(config.workers.values()) < 1:
        parser.error("a controller needs at least one worker")
    try:
        _ = config.cluster_cidrs, config.service_cidrs, config.node_ports, config.root_ca()
        config.token_signer()
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return config


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise argparse.ArgumentTypeError(f"not a boolean: {text!r}")
    return text.lower() in ("true", "1")
