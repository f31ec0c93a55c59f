"""Who is who in a lab: the certificates and kubeconfigs of the API server, of each component and of the admin.

Called by `lab.up`. It calls `lab.pki` and writes files below the lab's directory. The names are those that kubeadm
gives, so that the default cluster roles fit them.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from lab.config import API_PORT, LabConfig, Layout
from lab.pki import Authority, admin_token, service_account_keys, write_private

MASTERS = "system:masters"


def create(config: LabConfig, layout: Layout, host_port: int) -> str:
    """Makes what is missing. `host_port` is the API server's on the machine's loopback. Returns the admin's token."""
    authority = Authority(layout.pki)
    service_account_keys(layout.pki)
    token = admin_token(layout.pki / "tokens.csv")
    authority.server("apiserver", "kube-apiserver", api_server_hosts(config))
    authority.client("apiserver-kubelet-client", "kube-apiserver-kubelet-client", [MASTERS])
    layout.kubeconfig("x").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    outside = f"https://127.0.0.1:{host_port}"
    inside = f"https://{config.gateway}:{API_PORT}" if config.nodes else outside
    _write_kubeconfig(layout.admin_kubeconfig, authority, outside, "admin", {"token": token}, config.name)
    _write_kubeconfig(layout.kubeconfig("admin"), authority, inside, "admin", {"token": token}, config.name)
    _component(authority, layout, inside, "controllers", "system:kube-controller-manager")
    _component(authority, layout, inside, "cloud-controller-manager", "system:cloud-controller-manager")
    for node in config.node_names:
        authority.server(f"{node}-kubelet-server", f"system:node:{node}", [node, *config.addresses(node)])
        _component(authority, layout, inside, f"kubelet-{node}", f"system:node:{node}", "system:nodes")
        _component(authority, layout, inside, f"proxy-{node}", "system:kube-proxy")
    return token


def api_server_hosts(config: LabConfig) -> list[str]:
    """Every name and address by which somebody in the lab calls the API server."""
    domain = config.cluster_domain
    service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{domain}"]
    gateways = [config.gateway, *([config.host_v6(1)] if config.dual_stack else [])]
    return ["localhost", *service, "127.0.0.1", "::1", *gateways, config.api_service_address]


def _component(authority: Authority, layout: Layout, server: str, name: str, user: str, *groups: str) -> None:
    authority.client(name, user, groups)
    credentials = {
        "client-certificate-data": _base64(authority.certificate_file(name)),
        "client-key-data": _base64(authority.key_file(name)),
    }
    _write_kubeconfig(layout.kubeconfig(name), authority, server, user, credentials)


def _write_kubeconfig(
    file: Path, authority: Authority, server: str, user: str, credentials: dict[str, str], lab: str = "lab"
) -> None:
    cluster = {"server": server, "certificate-authority-data": _base64(authority.certificate_file("ca"))}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": lab, "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": lab, "context": {"cluster": lab, "user": user}}],
        "current-context": lab,
    }
    text = json.dumps(document, indent=2) + "\n"  # JSON is YAML, and every client reads it
    if not file.exists() or file.read_text() != text:
        write_private(file, text.encode())


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
