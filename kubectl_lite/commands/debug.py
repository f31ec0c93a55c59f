"""`kubectl_lite debug`: a container to look around with, in a pod that runs, in a copy of it, or on a node.

Source: k8s.io/kubectl/pkg/cmd/debug. What is made is `kubectl_lite.generators.debug_pods`'; here are the flags, what is
sent, and `attach` once the container runs.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kubectl_lite.cli import after_dashes, bool_option, command
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session
from kubectl_lite.waiting import A_WEEK, until

if TYPE_CHECKING:
    from kubectl_lite.generators.debug_pods import Wish
    from kubectl_lite.resources import Target

Json = dict[str, Any]
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::[0-9]+)?/)?{_PART}(?:/{_PART})*(?::\w[\w.-]{{0,127}})?"
    r"(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?"
)
_LEGACY = (
    "--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a "
    'profile, for example "--profile=general".'
)
_TARGETING = (
    'Targeting container "{}". If you don\'t see processes from this container it may be because the container '
    "runtime doesn't support this feature."
)
_NOT_CUSTOM = ("name", "command", "image", "lifecycle", "volumeDevices")


@command("debug", takes_command=True)
@click.argument("words", nargs=-1, metavar="POD | TYPE/NAME [-- COMMAND]")
@click.option("-f", "--filename", multiple=True, help="Files that name what to debug.")
@click.option("--image", default="", help="The image of the debugging container.")
@click.option("-c", "--container", default="", help="The debugging container's name.")
@click.option("-i", "--stdin", is_flag=True, help="Keep its input open, and attach.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal.")
@click.option("--attach", is_flag=True, default=None, help="Attach once it runs.")
@click.option("--target", default="", help="The container whose processes an ephemeral container is to see.")
@click.option("--copy-to", default="", help="Make a copy of the pod by this name, and debug that.")
@click.option("--replace", is_flag=True, help="Delete the original once it is copied.")
@click.option("--same-node", is_flag=True, help="Put the copy on the original's node.")
@click.option("--set-image", multiple=True, help="Images for the copy's containers: NAME=IMAGE, or *=IMAGE.")
@click.option("--share-processes", is_flag=True, default=None, show_default="true",
              help="Whether containers of the copy see one another's processes.")  # fmt: skip
@click.option("--profile", default="legacy", help="What the container may: legacy, general, baseline, restricted, "
              "netadmin or sysadmin.")  # fmt: skip
@click.option("--custom", default="", help="A file with part of a container's spec, laid over the profile's.")
@click.option("--env", multiple=True, help="Environment variables: NAME=VALUE.")
@click.option("--arguments-only", is_flag=True, help="What follows -- are arguments, not the command.")
@click.option("--image-pull-policy", default="", help="Always, IfNotPresent or Never.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what the container says.")
@bool_option("--keep-labels", default=False, help="The copy keeps the original's labels.")
@bool_option("--keep-annotations", default=False, help="The copy keeps its annotations.")
@bool_option("--keep-liveness", default=False, help="The copy keeps liveness probes.")
@bool_option("--keep-readiness", default=False, help="The copy keeps readiness probes.")
@bool_option("--keep-startup", default=False, help="The copy keeps startup probes.")
@bool_option("--keep-init-containers", default=True, help="The copy keeps init containers.")
async def cli(session: Session, words: tuple[str, ...], filename: tuple[str, ...], **flags: Any) -> int:
    """Create debugging sessions for troubleshooting workloads and nodes."""
    from kubectl_lite.resources import targets

    flags |= {"argv": after_dashes(), "images": _pairs("--set-image", flags.pop("set_image"))}
    wish = _wish(flags)
    attached = flags["stdin"] if flags["attach"] is None else flags["attach"]
    _check(words or filename, flags)
    if flags["target"]:
        wish.say(_TARGETING.format(flags["target"]))
    if flags["profile"] == "legacy":
        print(_LEGACY, file=sys.stderr)
    named = [word if "/" in word else f"pods/{word}" for word in words]
    for target in await targets(session, named, files=filename):
        pod, container = await _debug(session, target, wish, replace=flags["replace"])
        if attached and container:
            await _join(session, pod, container, wish, flags["quiet"])
    return 0


# ---- flags ----


def _wish(flags: Json) -> Wish:
    from kubectl_lite.generators.debug_pods import Wish
    from kubectl_lite.generators.debug_profiles import PROFILES

    if flags["profile"] not in PROFILES:
        raise CommandError(f"unknown profile: {flags['profile']}")
    keep = {name.removeprefix("keep_"): value for name, value in flags.items() if name.startswith("keep_")}
    kept = ("image", "container", "argv", "arguments_only", "stdin", "tty", "profile", "target", "copy_to",
            "same_node", "images")  # fmt: skip
    return Wish(
        suffix=lambda: "".join(random.choices(_LETTERS, k=5)),
        say=(lambda _: None) if flags["quiet"] else (lambda text: print(text, flush=True)),
        env=_pairs("--env", flags["env"]), pull_policy=flags["image_pull_policy"], keep=keep,
        share_processes=flags["share_processes"], custom=_custom(flags["custom"]),
        **{name: flags[name] for name in kept},
    )  # fmt: skip


def _pairs(flag: str, texts: Sequence[str]) -> dict[str, str]:
    """`a=b,c=d`, and again. Raises CommandError."""
    found = {}
    for text in texts:
        for word in text.split(","):
            name, equals, value = word.partition("=")
            if not equals:
                raise CommandError(
                    f'invalid argument "{text}" for "{flag}" flag: {word} must be formatted as key=value\n'
                    "See 'kubectl_lite debug --help' for usage."
                )
            found[name] = value
    return found


def _custom(path: str) -> Json | None:
    if not path:
        return None
    from kube.apimachinery.codec import yaml_body

    must = "must pass a container spec json file for custom profile"
    try:
        return yaml_body.loads(Path(path).read_bytes())[0]
    except OSError as why:
        raise CommandError(f"{must}: open {path}: {(why.strerror or '').lower()}") from why
    except ValueError as why:
        raise CommandError(f"{path} does not contain a valid container spec: {why}") from why


def _check(words: Sequence[str], flags: Json) -> None:
    """Raises CommandError for flags that contradict one another, in kubectl's order."""
    image = flags["image"]
    if flags["attach"] and not image and not flags["container"]:
        raise CommandError("you must specify --container or create a new container using --image in order to attach.")
    _check_copy(flags)
    if image and not _IMAGE.fullmatch(image):
        raise CommandError(f'invalid image name "{image}": invalid reference format')
    if not words:
        raise CommandError("NAME or filename is required for debug")
    if flags["image_pull_policy"] not in ("", "Always", "IfNotPresent", "Never"):
        raise CommandError(f"invalid image pull policy: {flags['image_pull_policy']}")
    for name, wanted in flags["images"].items():
        if not _IMAGE.fullmatch(wanted):
            raise CommandError(f'invalid image name "{wanted}" for container "{name}": invalid reference format')
    if flags["target"] and flags["copy_to"]:
        raise CommandError("--target is incompatible with --copy-to. Use --share-processes instead.")
    if flags["tty"] and not flags["stdin"]:
        raise CommandError("-i/--stdin is required for containers with -t/--tty=true")
    if any((_custom(flags["custom"]) or {}).get(field) for field in _NOT_CUSTOM):
        raise CommandError("name, command, image, lifecycle and volume devices are not modifiable via custom profile")


def _check_copy(flags: Json) -> None:
    image, images, argv = flags["image"], flags["images"], flags["argv"]
    if flags["copy_to"]:
        if not (image or images or argv):
            raise CommandError("you must specify --image, --set-image or command arguments.")
        if argv and not (flags["container"] or image):
            raise CommandError("you must specify an existing container or a new image when specifying args.")
        return
    for flag, given in (("--replace", flags["replace"]), ("--same-node", flags["same_node"]), ("--set-image", images)):
        if given:
            raise CommandError(f"{flag} may only be used with --copy-to.")
    if not image:
        raise CommandError("you must specify --image when not using --copy-to.")


# ---- what is done ----


async def _debug(session: Session, target: Target, wish: Wish, *, replace: bool) -> tuple[Json, str]:
    """The pod that the debugging container is in, and its name there."""
    from kubectl_lite.generators import debug_pods
    from kubectl_lite.patching import difference

    mapping = (await session.mapper()).by_name("pods")
    found = await session.get(target.path)
    if target.mapping.kind == "Node":
        pod = debug_pods.node_pod(target.name, wish)
        return await session.post(mapping.path(session.namespace), pod), pod["spec"]["containers"][0]["name"]
    if target.mapping.kind != "Pod":
        raise CommandError(f'"{_gvk(target)}" not supported by debug')
    if not wish.copy_to:
        container = debug_pods.ephemeral_container(found, wish)
        known = found["spec"].get("ephemeralContainers") or []
        wanted = found | {"spec": found["spec"] | {"ephemeralContainers": [*known, container]}}
        patch, how = difference(mapping, found, wanted)
        return await session.patch(f"{target.path}/ephemeralcontainers", patch, how), container["name"]
    copy, name = debug_pods.copied_pod(found, wish)
    created = await session.post(mapping.path(target.namespace), copy)
    if replace:
        await session.delete(target.path, {"gracePeriodSeconds": 0})
    return created, name


def _gvk(target: Target) -> str:
    mapping = target.mapping
    return f"{mapping.group}/{mapping.version}, Kind={mapping.kind}"


async def _join(session: Session, pod: Json, container: str, wish: Wish, quiet: bool) -> None:
    """Our streams joined to the container's as soon as it runs; its log, when it has ended by then."""
    from kubectl_lite.resources import Target
    from kubectl_lite.running import attached_or_log, show_log

    mapping = (await session.mapper()).by_name("pods")
    target = Target(mapping, pod["metadata"]["name"], pod["metadata"]["namespace"])
    state: Json = {}

    def has_begun(now: Json | None) -> bool:
        nonlocal state
        state = _state(now or {}, container)
        if (message := (state.get("waiting") or {}).get("message")) and not quiet:
            _warn(f"container {container}: {message}")
        return "running" in state or "terminated" in state

    found = await until(session, target, has_begun, A_WEEK)
    if found is None or "terminated" in state:
        await show_log(session, target, container)
    else:
        await attached_or_log(session, target, found, container, stdin=wish.stdin, terminal=wish.tty, quiet=quiet)


def _state(pod: Json, container: str) -> Json:
    status = pod.get("status") or {}
    for field in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
        for one in status.get(field) or ():
            if one["name"] == container:
                return one.get("state") or {}
    return {}


def _warn(text: str) -> None:
    from kubectl_lite.colour import YELLOW, paint

    print(f"{paint('Warning:', YELLOW, sys.stderr)} {text}", file=sys.stderr)
