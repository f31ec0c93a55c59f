"""The configuration as a file: a `KubeProxyConfiguration` (kubeproxy.config.k8s.io/v1alpha1), read for `--config` and
shown by `/configz`.

Called by `proxy.config` and `proxy.serving`. A file is turned into the flags that say the same, so that each value is
judged once. It leaves out what kube-lite has no part for: such fields are known and ignored.
Source: k8s.io/kube-proxy/config/v1alpha1/types.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

API_VERSION, KIND = "kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration"

_FLAGS = {
    "clientConnection.kubeconfig": "kubeconfig", "hostnameOverride": "hostname-override", "mode": "proxy-mode",
    "clusterCIDR": "cluster-cidr", "detectLocalMode": "detect-local-mode",
    "detectLocal.bridgeInterface": "pod-bridge-interface",
    "detectLocal.interfaceNamePrefix": "pod-interface-name-prefix", "nodePortAddresses": "nodeport-addresses",
    "healthzBindAddress": "healthz-bind-address", "metricsBindAddress": "metrics-bind-address",
    "ipvs.scheduler": "ipvs-scheduler", "ipvs.strictARP": "ipvs-strict-arp", "ipvs.excludeCIDRs": "ipvs-exclude-cidrs",
    "ipvs.tcpTimeout": "ipvs-tcp-timeout", "ipvs.tcpFinTimeout": "ipvs-tcpfin-timeout",
    "ipvs.udpTimeout": "ipvs-udp-timeout", "ipvs.syncPeriod": "ipvs-sync-period",
    "ipvs.minSyncPeriod": "ipvs-min-sync-period",
    "iptables.masqueradeAll": "masquerade-all", "iptables.masqueradeBit": "iptables-masquerade-bit",
    "iptables.syncPeriod": "iptables-sync-period", "iptables.minSyncPeriod": "iptables-min-sync-period",
    "nftables.masqueradeAll": "masquerade-all", "nftables.masqueradeBit": "iptables-masquerade-bit",
    "nftables.syncPeriod": "iptables-sync-period", "nftables.minSyncPeriod": "iptables-min-sync-period",
    "conntrack.maxPerCore": "conntrack-max-per-core", "conntrack.min": "conntrack-min",
    "conntrack.tcpEstablishedTimeout": "conntrack-tcp-timeout-established",
    "conntrack.tcpCloseWaitTimeout": "conntrack-tcp-timeout-close-wait",
    "conntrack.tcpBeLiberal": "conntrack-tcp-be-liberal", "conntrack.udpTimeout": "conntrack-udp-timeout",
    "conntrack.udpStreamTimeout": "conntrack-udp-timeout-stream",
}  # fmt: skip
"""Field -> flag. Of two fields for one flag the later counts."""
_IGNORED = (
    "apiVersion.", "kind.", "featureGates.", "logging.", "winkernel.", "bindAddress.", "bindAddressHardFail.",
    "enableProfiling.", "showHiddenMetricsForVersion.", "configSyncPeriod.", "oomScoreAdj.", "portRange.",
    "windowsRunAsService.", "clientConnection.", "iptables.localhostNodePorts.",
)  # fmt: skip
"""What begins so, with a dot at its end."""
_LISTS = ("nodePortAddresses", "ipvs.excludeCIDRs")


def flags_in(file: str) -> list[str]:
    """The flags that say what the file says. Raises ValueError for what is no such configuration, and OSError."""
    from kube.apimachinery.codec import yaml_body  # where no file is named, it is not loaded

    document, _ = yaml_body.loads(Path(file).read_bytes())
    if not isinstance(document, dict) or (document.get("apiVersion"), document.get("kind")) != (API_VERSION, KIND):
        raise ValueError(f"no kind {KIND!r} of {API_VERSION!r}")
    return flags_of(document)


def flags_of(document: Mapping[str, Any]) -> list[str]:
    """Raises ValueError for a field that does not exist."""
    told = dict(_leaves(document))
    unknown = [path for path in told if path not in _FLAGS and not f"{path}.".startswith(_IGNORED)]
    if unknown:
        raise ValueError(", ".join(f'unknown field "{path}"' for path in unknown))
    return [f"--{flag}={_text(told[path])}" for path, flag in _FLAGS.items() if told.get(path) not in (None, "", [])]


def document_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The whole configuration, as `/configz` shows it. `values`: by flag, with underscores."""
    document: dict[str, Any] = {"apiVersion": API_VERSION, "kind": KIND}
    for path, flag in _FLAGS.items():
        value = values[flag.replace("-", "_")]
        if isinstance(value, float):
            value = f"{value:g}s"
        elif path in _LISTS:
            value = [part for part in value.split(",") if part]
        *above, name = path.split(".")
        place = document
        for one in above:
            place = place.setdefault(one, {})
        place[name] = value
    return document


def _leaves(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, below in value.items():
        path = f"{above}{name}"
        if isinstance(below, dict):
            yield from _leaves(below, f"{path}.")
        else:
            yield path, below


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
