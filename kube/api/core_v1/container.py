"""Container.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import (
    ContainerRestartPolicy,
    ContainerRestartRuleAction,
    ContainerRestartRuleOnExitCodesOperator,
    MountPropagationMode,
    Protocol,
    PullPolicy,
    RecursiveReadOnlyMode,
    ResourceName,
    ResourceResizeRestartPolicy,
    TerminationMessagePolicy,
)
from kube.api.core_v1.probes import Lifecycle, Probe
from kube.api.core_v1.security import SecurityContext
from kube.api.core_v1.selectors import (
    ConfigMapKeySelector,
    FileKeySelector,
    ObjectFieldSelector,
    ResourceFieldSelector,
    SecretKeySelector,
)
from kube.apimachinery.types import APIModel, Int32, Quantity, always, wire


class ContainerPort(APIModel):
    """A port on which a container listens."""

    name: Annotated[str, wire(1, "A name that Services can use as targetPort.")] = ""
    hostPort: Annotated[Int32, wire(2, "The port on the node that leads to it.")] = 0
    containerPort: Annotated[Int32, wire(3, "The port on the pod's address.")] = always(0)
    protocol: Annotated[Protocol, wire(4, "TCP, UDP or SCTP.")] = ""
    hostIP: Annotated[str, wire(5, "The node's address for hostPort.")] = ""


class ConfigMapEnvSource(APIModel):
    """A ConfigMap whose keys become environment variables."""

    name: Annotated[str, wire(1, "The name of the ConfigMap.", inline=(1,))] = ""
    optional: Annotated[bool | None, wire(2, "Whether it may be absent.")] = None


class SecretEnvSource(APIModel):
    """A Secret whose keys become environment variables."""

    name: Annotated[str, wire(1, "The name of the Secret.", inline=(1,))] = ""
    optional: Annotated[bool | None, wire(2, "Whether it may be absent.")] = None


class EnvFromSource(APIModel):
    """All keys of a ConfigMap or Secret, as environment variables."""

    prefix: Annotated[str, wire(1, "What each variable's name begins with.")] = ""
    configMapRef: Annotated[ConfigMapEnvSource | None, wire(2, "Every key of a ConfigMap.")] = None
    secretRef: Annotated[SecretEnvSource | None, wire(3, "Every key of a Secret.")] = None


class EnvVarSource(APIModel):
    """Where the value of an environment variable comes from; exactly one field is given."""

    fieldRef: Annotated[ObjectFieldSelector | None, wire(1, "A field of the pod.")] = None
    resourceFieldRef: Annotated[ResourceFieldSelector | None, wire(2, "A request or limit of the container.")] = None
    configMapKeyRef: Annotated[ConfigMapKeySelector | None, wire(3, "A key of a ConfigMap.")] = None
    secretKeyRef: Annotated[SecretKeySelector | None, wire(4, "A key of a Secret.")] = None
    fileKeyRef: Annotated[FileKeySelector | None, wire(5, "A key of a file in a volume.")] = None


class EnvVar(APIModel):
    """One environment variable."""

    name: Annotated[str, wire(1, "Name of the variable.")] = always("")
    value: Annotated[str, wire(2, "Its value, in which $(OTHER) is replaced.")] = ""
    valueFrom: Annotated[EnvVarSource | None, wire(3, "Where else its value comes from.")] = None


class ResourceClaim(APIModel):
    """One of the pod's resource claims."""

    name: Annotated[str, wire(1, "The name of one of the pod's resourceClaims.")] = always("")
    request: Annotated[str, wire(2, "Which request of the claim; all without it.")] = ""


class ResourceRequirements(APIModel):
    """How much of each resource is set aside, and how much may be used."""

    limits: Annotated[dict[str, Quantity], wire(1, "The most that it may use.")] = {}
    requests: Annotated[
        dict[str, Quantity], wire(2, "What is set aside for it; the limits where nothing is said.")
    ] = {}
    claims: Annotated[
        list[ResourceClaim],
        wire(3, "Which of the pod's resource claims it uses.", list_type="map", list_map_keys=("name",)),
    ] = []


class ContainerResizePolicy(APIModel):
    """Whether a container is restarted when one of its resources is resized."""

    resourceName: Annotated[ResourceName, wire(1, "cpu or memory.")] = always("")
    restartPolicy: Annotated[ResourceResizeRestartPolicy, wire(2, "NotRequired or RestartContainer.")] = always("")


class ContainerRestartRuleOnExitCodes(APIModel):
    """Exit codes that a rule is about."""

    operator: Annotated[ContainerRestartRuleOnExitCodesOperator, wire(1, "In or NotIn.")] = always("")
    values: Annotated[list[Int32], wire(2, "The exit codes.", list_type="set")] = []


class ContainerRestartRule(APIModel):
    """What is done when a container ends in a certain way."""

    action: Annotated[ContainerRestartRuleAction, wire(1, "What to do: Restart.")] = always("")
    exitCodes: Annotated[ContainerRestartRuleOnExitCodes | None, wire(2, "For which exit codes.")] = None


class VolumeMount(APIModel):
    """Where in a container a volume is mounted."""

    name: Annotated[str, wire(1, "The name of the volume.")] = always("")
    readOnly: Annotated[bool, wire(2, "Whether it is mounted for reading only.")] = False
    recursiveReadOnly: Annotated[
        RecursiveReadOnlyMode | None,
        wire(7, "Whether that holds for mounts below it too: Disabled, IfPossible or Enabled."),
    ] = None
    mountPath: Annotated[str, wire(3, "Where it appears in the container.")] = always("")
    subPath: Annotated[str, wire(4, "The path inside the volume that is mounted.")] = ""
    mountPropagation: Annotated[
        MountPropagationMode | None,
        wire(5, "Whether mounts made later are seen on the other side: None, HostToContainer, ..."),
    ] = None
    subPathExpr: Annotated[str, wire(6, "As subPath, with environment variables as $(NAME).")] = ""


class VolumeDevice(APIModel):
    """Where in a container a block volume is found."""

    name: Annotated[str, wire(1, "The name of the volume's claim in the pod.")] = always("")
    devicePath: Annotated[str, wire(2, "The path of the device in the container.")] = always("")


class Container(APIModel):
    """One process and its image."""

    name: Annotated[str, wire(1, "Unique within the pod.")] = always("")
    image: Annotated[str, wire(2, "What it runs.")] = ""
    command: Annotated[list[str], wire(3, "Replaces the image's entry point.", list_type="atomic")] = []
    args: Annotated[list[str], wire(4, "Replaces the image's arguments.", list_type="atomic")] = []
    workingDir: Annotated[str, wire(5, "Where it runs.")] = ""
    ports: Annotated[
        list[ContainerPort],
        wire(
            6,
            "Ports it listens on.",
            patch_strategy="merge",
            merge_key="containerPort",
            list_type="map",
            list_map_keys=("containerPort", "protocol"),
        ),
    ] = []
    envFrom: Annotated[
        list[EnvFromSource], wire(19, "Environment variables taken from ConfigMaps and Secrets.", list_type="atomic")
    ] = []
    env: Annotated[
        list[EnvVar],
        wire(
            7,
            "Environment variables.",
            patch_strategy="merge",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
    ] = []
    resources: Annotated[ResourceRequirements, wire(8, "What it needs, and may use at most.")] = always(
        ResourceRequirements
    )
    resizePolicy: Annotated[
        list[ContainerResizePolicy],
        wire(23, "Whether a change of a resource restarts the container.", list_type="atomic"),
    ] = []
    restartPolicy: Annotated[
        ContainerRestartPolicy | None,
        wire(24, "When the container is restarted, if not as the pod says; Always makes an init container a sidecar."),
    ] = None
    restartPolicyRules: Annotated[
        list[ContainerRestartRule], wire(25, "Exit codes that decide otherwise.", list_type="atomic")
    ] = []
    volumeMounts: Annotated[
        list[VolumeMount],
        wire(
            9,
            "Where volumes appear.",
            patch_strategy="merge",
            merge_key="mountPath",
            list_type="map",
            list_map_keys=("mountPath",),
        ),
    ] = []
    volumeDevices: Annotated[
        list[VolumeDevice],
        wire(
            21,
            "Where volumes appear as devices.",
            patch_strategy="merge",
            merge_key="devicePath",
            list_type="map",
            list_map_keys=("devicePath",),
        ),
    ] = []
    livenessProbe: Annotated[Probe | None, wire(10, "Restarted when it fails.")] = None
    readinessProbe: Annotated[Probe | None, wire(11, "Gets no traffic while it fails.")] = None
    startupProbe: Annotated[Probe | None, wire(22, "The other probes wait for it.")] = None
    lifecycle: Annotated[Lifecycle | None, wire(12, "What runs after its start and before its end.")] = None
    terminationMessagePath: Annotated[
        str, wire(13, "The file whose content becomes the message of the container's end.")
    ] = ""
    terminationMessagePolicy: Annotated[
        TerminationMessagePolicy,
        wire(20, "File, or FallbackToLogsOnError to take the end of the log when the file is empty."),
    ] = ""
    imagePullPolicy: Annotated[PullPolicy, wire(14, "Always, IfNotPresent or Never.")] = ""
    securityContext: Annotated[
        SecurityContext | None, wire(15, "The user and the rights that the container runs with.")
    ] = None
    stdin: Annotated[bool, wire(16, "Whether standard input is kept open for attach.")] = False
    stdinOnce: Annotated[bool, wire(17, "Whether standard input is closed after the first attached session.")] = False
    tty: Annotated[bool, wire(18, "Whether the container gets a terminal.")] = False


class EphemeralContainer(APIModel):
    """A container that is added to a running pod for debugging; it has no ports, probes or resources."""

    name: Annotated[str, wire(1, "The container's name, unique in the pod.", inline=(1,))] = always("")
    image: Annotated[str, wire(2, "The image's name.", inline=(1,))] = ""
    command: Annotated[
        list[str], wire(3, "The program to run in place of the image's entry point.", list_type="atomic", inline=(1,))
    ] = []
    args: Annotated[list[str], wire(4, "Arguments of the program.", list_type="atomic", inline=(1,))] = []
    workingDir: Annotated[str, wire(5, "The directory it starts in.", inline=(1,))] = ""
    ports: Annotated[
        list[ContainerPort],
        wire(
            6,
            "Not allowed here.",
            patch_strategy="merge",
            merge_key="containerPort",
            list_type="map",
            list_map_keys=("containerPort", "protocol"),
            inline=(1,),
        ),
    ] = []
    envFrom: Annotated[
        list[EnvFromSource], wire(19, "Sources of many environment variables.", list_type="atomic", inline=(1,))
    ] = []
    env: Annotated[
        list[EnvVar],
        wire(
            7,
            "Environment variables.",
            patch_strategy="merge",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
            inline=(1,),
        ),
    ] = []
    resources: Annotated[ResourceRequirements, wire(8, "Not allowed here.", inline=(1,))] = always(ResourceRequirements)
    resizePolicy: Annotated[
        list[ContainerResizePolicy], wire(23, "Not allowed in ephemeral containers.", list_type="atomic", inline=(1,))
    ] = []
    restartPolicy: Annotated[
        ContainerRestartPolicy | None, wire(24, "Not allowed in ephemeral containers.", inline=(1,))
    ] = None
    restartPolicyRules: Annotated[
        list[ContainerRestartRule], wire(25, "Not allowed in ephemeral containers.", list_type="atomic", inline=(1,))
    ] = []
    volumeMounts: Annotated[
        list[VolumeMount],
        wire(
            9,
            "Where volumes appear.",
            patch_strategy="merge",
            merge_key="mountPath",
            list_type="map",
            list_map_keys=("mountPath",),
            inline=(1,),
        ),
    ] = []
    volumeDevices: Annotated[
        list[VolumeDevice],
        wire(
            21,
            "Where volumes appear as devices.",
            patch_strategy="merge",
            merge_key="devicePath",
            list_type="map",
            list_map_keys=("devicePath",),
            inline=(1,),
        ),
    ] = []
    livenessProbe: Annotated[Probe | None, wire(10, "Not allowed here.", inline=(1,))] = None
    readinessProbe: Annotated[Probe | None, wire(11, "Not allowed here.", inline=(1,))] = None
    startupProbe: Annotated[Probe | None, wire(22, "Not allowed here.", inline=(1,))] = None
    lifecycle: Annotated[Lifecycle | None, wire(12, "Not allowed here.", inline=(1,))] = None
    terminationMessagePath: Annotated[
        str, wire(13, "The file whose content becomes the message of its end.", inline=(1,))
    ] = ""
    terminationMessagePolicy: Annotated[
        TerminationMessagePolicy, wire(20, "File or FallbackToLogsOnError.", inline=(1,))
    ] = ""
    imagePullPolicy: Annotated[
        PullPolicy, wire(14, "When the image is pulled: Always, IfNotPresent or Never.", inline=(1,))
    ] = ""
    securityContext: Annotated[
        SecurityContext | None, wire(15, "The user and the rights that it runs with.", inline=(1,))
    ] = None
    stdin: Annotated[bool, wire(16, "Whether standard input is kept open for attach.", inline=(1,))] = False
    stdinOnce: Annotated[
        bool, wire(17, "Whether standard input is closed after the first attached session.", inline=(1,))
    ] = False
    tty: Annotated[bool, wire(18, "Whether it gets a terminal.", inline=(1,))] = False
    targetContainerName: Annotated[str, wire(2, "The container whose processes it shall see.")] = ""
