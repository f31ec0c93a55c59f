"""Objects as the real server's internal types print them: in JSON with Go's field names, nothing left out.

Called where Kubernetes puts such a print into an error: the difference of two Pod specs, a bad update strategy. It
derives the print from the declared types, whose order is Go's. Clients only show these texts.
"""

from __future__ import annotations

import difflib
import json
from typing import Any

from kube.api.core_v1 import PodSecurityContext, PodSpec
from kube.apimachinery.types import APIModel

_NAMES = {
    "dnsPolicy": "DNSPolicy", "dnsConfig": "DNSConfig", "tty": "TTY", "os": "OS", "ip": "IP", "fsGroup": "FSGroup",
    "httpGet": "HTTPGet", "httpHeaders": "HTTPHeaders", "tcpSocket": "TCPSocket", "grpc": "GRPC", "nfs": "NFS",
    "fsGroupChangePolicy": "FSGroupChangePolicy", "seLinuxOptions": "SELinuxOptions", "csi": "CSI", "rbd": "RBD",
    "seLinuxChangePolicy": "SELinuxChangePolicy", "gcePersistentDisk": "GCEPersistentDisk", "iscsi": "ISCSI",
    "awsElasticBlockStore": "AWSElasticBlockStore", "fc": "FC", "cephfs": "CephFS", "fsType": "FSType", "iqn": "IQN",
}  # fmt: skip
_OF_THE_HOST = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")
_SECURITY_ORDER = (
    "seLinuxOptions", "windowsOptions", "runAsUser", "runAsGroup", "runAsNonRoot", "supplementalGroups",
    "supplementalGroupsPolicy", "fsGroup", "fsGroupChangePolicy", "sysctls", "seccompProfile", "appArmorProfile",
    "seLinuxChangePolicy",
)  # fmt: skip


class Internal:
    """A model that prints itself as the internal type does. `errors.quoted` takes its JSON."""

    def __init__(self, model: APIModel):
        self._model = model

    def to_json(self) -> bytes:
        return json.dumps(internal(self._model), separators=(",", ":"), ensure_ascii=False).encode()


def internal(value: Any) -> Any:
    """Plain JSON with Go's names; empty lists and maps are null."""
    if isinstance(value, PodSpec):
        return _pod_spec(value)
    if isinstance(value, APIModel):
        return {_name(field): internal(getattr(value, field)) for field in type(value).model_fields}
    if isinstance(value, list):
        return [internal(item) for item in value] or None
    if isinstance(value, dict):
        return {key: internal(item) for key, item in value.items()} or None
    return value


def _name(field: str) -> str:
    return _NAMES.get(field) or field[0].upper() + field[1:]


def _pod_spec(spec: PodSpec) -> dict[str, Any]:
    """The internal type keeps what concerns the host in the security context, and has no old serviceAccount."""
    security = spec.securityContext or PodSecurityContext()
    out = {}
    for field in type(spec).model_fields:
        if field == "securityContext":
            out["SecurityContext"] = {_name(f): getattr(spec, f) for f in _OF_THE_HOST} | {
                _name(f): internal(getattr(security, f)) for f in _SECURITY_ORDER
            }
        elif field not in _OF_THE_HOST and field != "serviceAccount":
            out[_name(field)] = internal(getattr(spec, field))
    return out


def difference(old: APIModel, new: APIModel) -> str:
    """What changed, as a unified diff of the two prints."""
    before, after = (json.dumps(internal(model), indent=1, ensure_ascii=False).splitlines() for model in (old, new))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]
    return "".join(f"{line}\n" for line in lines)
