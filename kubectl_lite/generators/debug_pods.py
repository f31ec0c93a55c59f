"""What `debug` makes: an ephemeral container, a copy of a pod with one container more, or a pod on a node. Pure.

Called by `kubectl_lite.commands.debug`. It calls `debug_profiles`. Source: k8s.io/kubectl/pkg/cmd/debug/debug.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.generators import debug_profiles as profiles

Json = dict[str, Any]
_OF_THE_COPY = ("nodeName", "ephemeralContainers", "containers")


@dataclass(frozen=True)
class Wish:
    """The flags of one `debug`, and how it names what nobody named: `suffix()` is five letters."""

    suffix: Callable[[], str]
    say: Callable[[str], None]
    image: str = ""
    container: str = ""
    argv: tuple[str, ...] = ()
    arguments_only: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    pull_policy: str = ""
    stdin: bool = False
    tty: bool = False
    profile: str = "legacy"
    custom: Json | None = None
    target: str = ""
    copy_to: str = ""
    same_node: bool = False
    share_processes: bool | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, bool] = field(default_factory=dict)


def ephemeral_container(pod: Json, wish: Wish) -> Json:
    """The container to add to a pod that runs."""
    made = _new_container(_name(pod, wish), wish)
    made |= {"targetContainerName": wish.target} if wish.target else {}
    return _customised(profiles.allowed(made, wish.profile, profiles.EPHEMERAL), wish, ephemeral=True)


def node_pod(node: str, wish: Wish) -> Json:
    """A pod on that node, whatever keeps others away from it."""
    name, container = f"node-debugger-{node}-{wish.suffix()}", wish.container or "debugger"
    wish.say(f"Creating debugging pod {name} with container {container} on node {node}.")
    made = profiles.allowed(_new_container(container, wish), wish.profile, profiles.NODE)
    spec = {"containers": [made], "nodeName": node, "restartPolicy": "Never", "tolerations": [{"operator": "Exists"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    return _with_customised(profiles.on_a_node(pod, wish.profile), container, wish)


def copied_pod(pod: Json, wish: Wish) -> tuple[Json, str]:
    """The copy, and the name of its debugging container; empty when only images were changed. Raises CommandError."""
    copy = _bare_copy(pod, wish)
    containers: list[Json] = copy["spec"]["containers"]
    known = {c["name"] for field in ("containers", "initContainers") for c in copy["spec"].get(field) or ()}
    name = wish.container
    if name not in known:
        if not wish.image and wish.images:
            return copy, ""
        if not wish.image:
            raise CommandError("you must specify image when creating new container")
        name = name or _name(copy, wish)
        containers.append({"name": name, "terminationMessagePolicy": "File"})
    for place in ("containers", "initContainers"):
        copy["spec"][place] = [_overlaid(c, wish) if c["name"] == name else c for c in copy["spec"].get(place) or ()]
    return _with_customised(profiles.as_a_copy(copy, wish.profile, wish.keep), name, wish), name


def _bare_copy(pod: Json, wish: Wish) -> Json:
    """The pod anew, with the images that were asked for."""
    kept = {key: pod["metadata"][key] for key in ("namespace", "labels", "annotations") if pod["metadata"].get(key)}
    spec = {key: value for key, value in pod["spec"].items() if key not in _OF_THE_COPY}
    images = wish.images
    spec["containers"] = [
        c | {"image": images.get(c["name"]) or images.get("*") or c["image"]} for c in pod["spec"]["containers"]
    ]
    if wish.same_node:
        spec["nodeName"] = pod["spec"].get("nodeName", "")
    if wish.share_processes is not None:
        spec["shareProcessNamespace"] = wish.share_processes
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": wish.copy_to} | kept, "spec": spec}


def _overlaid(container: Json, wish: Wish) -> Json:
    """A container of the copy with what the flags say."""
    made = dict(container)
    if wish.argv:
        made |= _command(wish)
        if not wish.arguments_only:
            made.pop("args", None)
    made |= {"env": _env(wish)} if wish.env else {}
    made |= {"image": wish.image} if wish.image else {}
    made |= {"imagePullPolicy": wish.pull_policy} if wish.pull_policy else {}
    made |= {"stdin": wish.stdin, "tty": wish.tty}
    return profiles.allowed(made, wish.profile, profiles.COPY)


def _new_container(name: str, wish: Wish) -> Json:
    made: Json = {"name": name, "image": wish.image, "terminationMessagePolicy": "File"}
    made |= _command(wish) if wish.argv else {}
    made |= {"env": _env(wish)} if wish.env else {}
    made |= {"imagePullPolicy": wish.pull_policy} if wish.pull_policy else {}
    return made | ({"stdin": True} if wish.stdin else {}) | ({"tty": True} if wish.tty else {})


def _command(wish: Wish) -> Json:
    return {"args" if wish.arguments_only else "command": list(wish.argv)}


def _env(wish: Wish) -> list[Json]:
    return [{"name": name, "value": value} for name, value in wish.env.items()]


def _name(pod: Json, wish: Wish) -> str:
    """The name that was asked for, or one that the pod does not have."""
    if wish.container:
        return wish.container
    places = ("containers", "initContainers", "ephemeralContainers")
    known = {c["name"] for place in places for c in pod["spec"].get(place) or ()}
    while (name := f"debugger-{wish.suffix()}") in known:
        pass
    wish.say(f"Defaulting debug container name to {name}.")
    return name


def _with_customised(pod: Json, name: str, wish: Wish) -> Json:
    containers = [_customised(c, wish) if c["name"] == name else c for c in pod["spec"]["containers"]]
    return pod | {"spec": pod["spec"] | {"containers": containers}}


def _customised(container: Json, wish: Wish, *, ephemeral: bool = False) -> Json:
    """`--custom`: part of a container's spec, laid over it."""
    if not wish.custom:
        return container
    from kube.api.core_v1 import Container, EphemeralContainer
    from kube.apimachinery.patch import strategic

    return strategic.apply(container, wish.custom, EphemeralContainer if ephemeral else Container)
