"""What the runtime needs to know of one container: its image, command, environment and mounts, all references resolved.

Called by `kubelet.pods.starting`. It calls the client for ConfigMaps and Secrets, `environment` for variables, and the
volumes for directories. It starts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from kube.api.core_v1 import ConfigMap, Container, Secret
from kube.apimachinery.errors import NotFound
from kube.apimachinery.meta_v1 import Object
from kubelet.pods import environment, volumes
from kubelet.pods.context import PodContext
from kubelet.runtime.interface import ContainerSpec

T = TypeVar("T", bound=Object)


async def container_spec(context: PodContext, container: Container, attempt: int) -> ContainerSpec:
    """Raises ConfigError and VolumeError, when something that is referred to is not there."""
    sources = await sources_of(context, container)
    env = environment.environment(container, sources)
    directories = await context.shared.volumes.prepare(context.pod, sources)
    security, pod_security = container.securityContext, context.pod.spec.securityContext
    user = getattr(security, "runAsUser", None)
    group = getattr(security, "runAsGroup", None)
    ips = sources.pod_ips
    return ContainerSpec(
        name=container.name,
        attempt=attempt,
        image=container.image,
        command=tuple(environment.expand(word, env) for word in container.command),
        args=tuple(environment.expand(word, env) for word in container.args),
        env=tuple(env.items()),
        working_dir=container.workingDir,
        mounts=tuple(volumes.mounts(context.pod, container, directories, env)),
        user=getattr(pod_security, "runAsUser", None) if user is None else user,
        group=getattr(pod_security, "runAsGroup", None) if group is None else group,
        read_only_root=bool(security and security.readOnlyRootFilesystem),
        termination_message_path=container.terminationMessagePath or "/dev/termination-log",
        stdin=container.stdin,
        stdin_once=container.stdinOnce,
        tty=container.tty,
        target=_target(context, container),
        host_processes=context.pod.spec.hostPID,
        facts={
            "pod": context.pod.metadata.name, "namespace": context.pod.metadata.namespace,
            "node": context.shared.config.node_name, "ip": ips[0] if ips else "",
        },
    )  # fmt: skip


def _target(context: PodContext, container: Container) -> str:
    """The container whose processes an ephemeral one is to see. Raises ConfigError when it has not started yet."""
    ephemeral = context.pod.spec.ephemeralContainers
    name = next((one.targetContainerName for one in ephemeral if one.name == container.name), "")
    if name and not (context.record and name in context.record.containers):
        raise environment.ConfigError(f"unable to find target container {name}")
    return name


async def sources_of(context: PodContext, container: Container | None = None) -> environment.Sources:
    """What variables and volumes may refer to; a container's ConfigMaps and Secrets are asked of the server."""
    record = context.record
    host_ip = context.shared.config.node_ips[0]
    ips: Sequence[str] = (host_ip,) if context.pod.spec.hostNetwork else record.ips if record else ()
    made = environment.Sources(
        context.pod, context.shared.config.node_name, host_ip, ips, services=context.shared.services.list()
    )
    if container is not None:
        made.config_maps = await _fetch(context, ConfigMap, _config_maps_of(container))
        made.secrets = await _fetch(context, Secret, _secrets_of(container))
    return made


async def _fetch(context: PodContext, kind: type[T], names: Iterable[str]) -> dict[str, T | None]:
    found: dict[str, T | None] = {}
    for name in names:
        try:
            found[name] = await context.shared.client.get(kind, name, context.pod.metadata.namespace)
        except NotFound:
            found[name] = None
    return found


def _config_maps_of(container: Container) -> set[str]:
    return {s.configMapRef.name for s in container.envFrom if s.configMapRef} | {
        e.valueFrom.configMapKeyRef.name for e in container.env if e.valueFrom and e.valueFrom.configMapKeyRef
    }


def _secrets_of(container: Container) -> set[str]:
    return {s.secretRef.name for s in container.envFrom if s.secretRef} | {
        e.valueFrom.secretKeyRef.name for e in container.env if e.valueFrom and e.valueFrom.secretKeyRef
    }
