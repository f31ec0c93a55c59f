"""The volumes of a pod as directories on the node: emptyDir, hostPath, configMap, secret, downwardAPI, projected.

Called by `kubelet.pods.worker` before containers start, and again from time to time so that changed ConfigMaps
reach running pods. It calls the API for ConfigMaps, Secrets and service account tokens. Files are replaced all at
once, by a link to a fresh directory, as the kubelet's atomic writer does. It leaves out claims and every other kind
of storage.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from kube.api.authentication_v1 import TokenRequest
from kube.api.core_v1 import ConfigMap, Container, KeyToPath, Pod, Secret, ServiceAccount, Volume
from kube.apimachinery.errors import NotFound
from kube.client import Client
from kubelet.pods.environment import ConfigError, Sources, expand, field_value
from kubelet.runtime.interface import Mount

Files = dict[str, bytes]
TOKEN_SECONDS = 3607


class VolumeError(Exception):
    """A volume cannot be made: the event FailedMount says why."""


class Volumes:
    """Volumes below `ROOT/pods/UID/volumes`."""

    def __init__(self, root: Path, client: Client):
        self.root, self.client = root, client
        self._tokens: dict[tuple[str, str], tuple[float, str]] = {}

    def _directory(self, pod: Pod, volume: str) -> Path:
        return self.root / "pods" / pod.metadata.uid / "volumes" / volume

    async def prepare(self, pod: Pod, sources: Sources) -> dict[str, str]:
        """Makes or refreshes every volume; volume name -> its directory. Raises VolumeError, StatusError."""
        return {volume.name: await self._prepare(pod, volume, sources) for volume in pod.spec.volumes}

    async def _prepare(self, pod: Pod, volume: Volume, sources: Sources) -> str:
        directory = self._directory(pod, volume.name)
        if volume.hostPath:
            return _host_path(volume)
        directory.mkdir(parents=True, exist_ok=True)
        if volume.emptyDir is not None:
            directory.chmod(0o777)
            return str(directory)
        files = await self._files(pod, volume, sources)
        if files is None:
            kinds = [name for name, value in volume if value and name != "name"]
            raise VolumeError(f'volume "{volume.name}": {", ".join(kinds) or "no source"} is not supported')
        _replace_files(directory, files, _mode(volume))
        return str(directory)

    async def _files(self, pod: Pod, volume: Volume, sources: Sources) -> Files | None:
        namespace = pod.metadata.namespace
        if one := volume.configMap:
            return await self._config_map(namespace, one.name, one.items, one.optional)
        if one := volume.secret:
            return await self._secret(namespace, one.secretName, one.items, one.optional)
        if one := volume.downwardAPI:
            return _downward(one.items, sources)
        if volume.projected:
            return await self._projected(pod, volume, sources)
        return None

    async def _projected(self, pod: Pod, volume: Volume, sources: Sources) -> Files:
        files: Files = {}
        namespace = pod.metadata.namespace
        for source in volume.projected.sources if volume.projected else []:
            if one := source.configMap:
                files |= await self._config_map(namespace, one.name, one.items, one.optional)
            elif one := source.secret:
                files |= await self._secret(namespace, one.name, one.items, one.optional)
            elif one := source.downwardAPI:
                files |= _downward(one.items, sources)
            elif one := source.serviceAccountToken:
                files[one.path] = (await self._token(pod, one.audience, one.expirationSeconds)).encode()
        return files

    async def _config_map(self, namespace: str, name: str, items: Iterable[KeyToPath], optional: bool | None) -> Files:
        try:
            found = await self.client.get(ConfigMap, name, namespace)
        except NotFound:
            if optional:
                return {}
            raise VolumeError(f'configmap "{name}" not found') from None
        data = {key: value.encode() for key, value in found.data.items()}
        data |= {key: base64.b64decode(value) for key, value in found.binaryData.items()}
        return _select(data, items, f"configmap {name}")

    async def _secret(self, namespace: str, name: str, items: Iterable[KeyToPath], optional: bool | None) -> Files:
        try:
            found = await self.client.get(Secret, name, namespace)
        except NotFound:
            if optional:
                return {}
            raise VolumeError(f'secret "{name}" not found') from None
        return _select({k: base64.b64decode(v) for k, v in found.data.items()}, items, f"secret {name}")

    async def _token(self, pod: Pod, audience: str, seconds: int | None) -> str:
        """The pod's service account token; renewed when a fifth of its life is left."""
        key = (pod.metadata.uid, audience)
        renew_at, token = self._tokens.get(key, (0.0, ""))
        if time.time() < renew_at:
            return token
        lifetime = seconds or TOKEN_SECONDS
        request = TokenRequest.from_dict({
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "spec": {"audiences": [audience] if audience else [], "expirationSeconds": lifetime,
                     "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": pod.metadata.name,
                                        "uid": pod.metadata.uid}},
        })  # fmt: skip
        account = pod.spec.serviceAccountName or "default"
        answer = await self.client.create_subresource(ServiceAccount, account, pod.metadata.namespace, "token", request)
        self._tokens[key] = (time.time() + 0.8 * lifetime, answer.status.token)
        return answer.status.token

    def forget(self, uid: str) -> None:
        for key in [key for key in self._tokens if key[0] == uid]:
            del self._tokens[key]


def mounts(pod: Pod, container: Container, directories: Mapping[str, str], env: Mapping[str, str]) -> list[Mount]:
    """The container's mounts, outer directories before inner ones. Raises VolumeError."""
    made = []
    for mount in container.volumeMounts:
        if mount.name not in directories:
            raise VolumeError(f'no volume "{mount.name}"')
        sub = expand(mount.subPathExpr, env) if mount.subPathExpr else mount.subPath
        source = os.path.normpath(os.path.join(directories[mount.name], sub)) if sub else directories[mount.name]
        if not _is_within(source, directories[mount.name]):
            raise VolumeError(f"subPath {sub!r} leads out of its volume")
        if sub and not os.path.exists(source):
            os.makedirs(source, exist_ok=True)
        made.append(Mount(source, mount.mountPath, mount.readOnly))
    return sorted(made, key=lambda mount: mount.target.count("/"))


def _is_within(path: str, directory: str) -> bool:
    """Also when a container has put a link there: what it leads to is what would be mounted."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(directory))


def _host_path(volume: Volume) -> str:
    assert volume.hostPath is not None
    path, kind = volume.hostPath.path, volume.hostPath.type or ""
    if kind == "DirectoryOrCreate":
        os.makedirs(path, exist_ok=True)
    elif kind == "FileOrCreate":
        Path(path).touch()
    if not os.path.exists(path):
        raise VolumeError(f"hostPath {path}: no such file or directory")
    return path


def _select(data: Mapping[str, bytes], items: Iterable[KeyToPath], what: str) -> Files:
    items = list(items)
    if not items:
        return dict(data)
    missing = [item.key for item in items if item.key not in data]
    if missing:
        raise VolumeError(f"{what} references non-existent key: {missing[0]}")
    return {item.path: data[item.key] for item in items}


def _downward(items: Iterable, sources: Sources) -> Files:
    try:
        return {item.path: field_value(item.fieldRef.fieldPath, sources).encode() for item in items if item.fieldRef}
    except ConfigError as error:
        raise VolumeError(str(error)) from error


def _mode(volume: Volume) -> int:
    source = volume.configMap or volume.secret or volume.projected or volume.downwardAPI
    mode = getattr(source, "defaultMode", None)
    return 0o644 if mode is None else mode


def _replace_files(directory: Path, files: Files, mode: int) -> None:
    """`..data` points to a directory named after its content; each file is a link through it. A kubelet may be killed
    after any of these lines: the next one's call does what is left."""
    encoded = json.dumps({name: base64.b64encode(data).decode() for name, data in sorted(files.items())})
    fresh = directory / f"..{hashlib.sha256(encoded.encode()).hexdigest()[:16]}"
    link = directory / "..data"
    if not link.is_symlink() or os.readlink(link) != fresh.name:
        _write_files(fresh, files, mode)
        new_link = directory / "..data_new"
        new_link.unlink(missing_ok=True)
        new_link.symlink_to(fresh.name)
        os.replace(new_link, link)
    tops = {name.split("/")[0] for name in files}
    for name in tops:
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(f"..data/{name}")
    for name in set(os.listdir(directory)) - tops - {fresh.name, link.name}:
        if (directory / name).is_symlink():
            (directory / name).unlink()
        else:
            shutil.rmtree(directory / name, ignore_errors=True)


def _write_files(directory: Path, files: Files, mode: int) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for name, data in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        file.chmod(mode)
