"""ServiceAccount: every pod runs as a service account, and finds its token where client libraries look for it.

One of the admission plugins. It calls the getter it is given. An account that is not there is looked for a few times:
the `default` one of a new namespace is made by a controller, a moment later. Source: kubernetes
plugin/pkg/admission/serviceaccount.

| the pod | what it gets |
|---|---|
| mirrors a static pod | nothing; naming an account is refused |
| names no account | `default` |
| names an account that does not exist | 403 |
| wants a token (neither it nor its account says no) | the volume `kube-api-access-…`, mounted in every container |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiserver.admission.interface import Attributes, GetObject, Plugin, refused
from apiserver.authz.node_graph import references
from kube.api.core_v1 import LocalObjectReference, Pod, Volume, VolumeMount
from kube.apimachinery.meta_v1 import Object
from kube.clock import Clock

MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_MIRROR = "kubernetes.io/config.mirror"
_TOKEN_SECONDS = 3607
_DEFAULT = "default"
_TRIES, _PAUSE = 3, 0.15


class ServiceAccountPlugin(Plugin):
    """`suffix` makes the end of the volume's name."""

    operations = frozenset({"CREATE"})
    resources = frozenset({"pods"})

    def __init__(self, get: GetObject, get_fresh: GetObject, suffix: Callable[[], str], clock: Clock):
        self._get, self._get_fresh, self._suffix, self._clock = get, get_fresh, suffix, clock

    async def admit(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        if attributes.subresource or not isinstance(obj, Pod):
            return
        if _MIRROR in obj.metadata.annotations:
            if why := _why_not_as_mirror(obj):
                raise refused(attributes, obj.metadata.name, f"a mirror pod may not {why}")
            return
        account = await self._account(attributes, obj)
        obj.spec.serviceAccountName = obj.spec.serviceAccount = account["metadata"]["name"]
        if _wants_token(obj, account):
            self._mount_token(obj)
        if not obj.spec.imagePullSecrets:
            secrets = account.get("imagePullSecrets") or ()
            obj.spec.imagePullSecrets = [LocalObjectReference(name=s.get("name", "")) for s in secrets]

    async def _account(self, attributes: Attributes, pod: Pod) -> dict[str, Any]:
        name, namespace = pod.spec.serviceAccountName or _DEFAULT, attributes.namespace
        found = await self._get("serviceaccounts", namespace, name)
        for tried in range(_TRIES):
            if found is not None:
                return found
            if tried:
                await self._clock.sleep(_PAUSE)
            found = await self._get_fresh("serviceaccounts", namespace, name)
        if found is not None:
            return found
        why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
        raise refused(attributes, pod.metadata.name, why)

    def _mount_token(self, pod: Pod) -> None:
        name = f"kube-api-access-{self._suffix()}"
        mounted = False
        for container in (*pod.spec.initContainers, *pod.spec.containers):
            if all(mount.mountPath != MOUNT_PATH for mount in container.volumeMounts):
                mount = VolumeMount(name=name, readOnly=True, mountPath=MOUNT_PATH)
                container.volumeMounts = [*container.volumeMounts, mount]
                mounted = True
        if mounted:
            pod.spec.volumes = [*pod.spec.volumes, _token_volume(name)]


def _why_not_as_mirror(pod: Pod) -> str:
    """A mirror shows what a kubelet runs by itself: it gets nothing that only the API server can give."""
    if pod.spec.serviceAccountName:
        return "reference service accounts"
    if any(plural == "secrets" for plural, _, _ in references(pod.to_dict())):
        return "reference secrets"
    projected = (source for v in pod.spec.volumes if v.projected is not None for source in v.projected.sources)
    tokens = any(source.serviceAccountToken is not None for source in projected)
    return "use ServiceAccountToken volume projections" if tokens else ""


def _wants_token(pod: Pod, account: dict[str, Any]) -> bool:
    if pod.spec.automountServiceAccountToken is not None:
        return pod.spec.automountServiceAccountToken
    return account.get("automountServiceAccountToken") is not False


def _token_volume(name: str) -> Volume:
    """The token, the cluster's authority and the namespace, as the files that libraries expect."""
    return Volume.from_dict({
        "name": name,
        "projected": {
            "defaultMode": 0o644,
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": _TOKEN_SECONDS, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [
                    {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
                ]}},
            ],
        },
    })  # fmt: skip
