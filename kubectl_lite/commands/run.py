"""`kubectl_lite run NAME --image=IMAGE`: creates one pod; `-it` and `--attach` join its streams, `--rm` removes it.

Source: k8s.io/kubectl/pkg/cmd/run. What is created is made in `kubectl_lite.generators`, what is done with a pod that
runs is `kubectl_lite.running`.
"""

from __future__ import annotations

import re
from typing import Any

import click

from kubectl_lite.cli import after_dashes, bool_option, command
from kubectl_lite.creating import say, sent
from kubectl_lite.deleting import policy_of
from kubectl_lite.durations import DURATION
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.selecting import file_options
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Json = dict[str, Any]
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::\d+)?"
_IMAGE = rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::\w[\w.-]{{0,127}})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{{32,}})?"
"""What names an image. Source: github.com/distribution/reference/regexp.go."""


@command("run", takes_command=True)
@click.argument("words", nargs=-1)
@click.option("--image", required=True, help="The image for the container to run.")
@click.option("--env", multiple=True, help="Environment variables: name=value.")
@click.option("--port", default="", help="The port that this container exposes.")
@click.option("--expose", is_flag=True, help="Create a ClusterIP service for the pod, too. Requires --port.")
@click.option("-l", "--labels", default="", help="Labels: a=b,c=d.")
@click.option("--annotations", multiple=True, help="Annotations: a=b.")
@click.option("--command", is_flag=True, help="The words are the command, not its arguments.")
@click.option("--restart", default="Always", help="Always, OnFailure or Never.")
@click.option("--image-pull-policy", default="", help="Always, IfNotPresent or Never.")
@click.option("--overrides", default="", help="JSON that is merged into the pod.")
@click.option("--override-type", default="merge", help="How to merge it: json, merge or strategic.")
@click.option("--privileged", is_flag=True, help="Run the container in privileged mode.")
@click.option("--attach", is_flag=True, default=None, help="Wait for the pod, then join its streams.")
@click.option("-i", "--stdin", is_flag=True, help="Keep stdin open, and attach.")
@click.option("-t", "--tty", is_flag=True, help="Allocate a terminal.")
@bool_option("--leave-stdin-open", default=False, help="Stdin stays open after the first attach.")
@click.option("--rm", "remove", is_flag=True, help="Delete the pod after the container ends. Only when attached.")
@click.option("-q", "--quiet", is_flag=True, help="Do not print a prompt.")
@click.option("--pod-running-timeout", type=DURATION, default="1m0s", help="How long to wait for a pod that runs.")
@click.option("--save-config", is_flag=True, help="Keep it in an annotation.")
@click.option("--cascade", default="background", is_flag=False, flag_value="background",
              help="With --rm: what becomes of what the pod owns: background, foreground or orphan.")
@click.option("--force", is_flag=True, help="Taken: --rm ends the pod as delete does.")
@click.option("--grace-period", default=-1, help="Taken: --rm gives the pod its own time to end.")
@click.option("--timeout", type=DURATION, default="0", help="Taken: --rm waits until the pod is gone.")
@click.option("--wait", is_flag=True, help="Taken: --rm waits until the pod is gone.")
@file_options
@write_options("kubectl-run")
async def cli(session: Session, words: tuple[str, ...], image: str, **flags: Any) -> int:
    """Create and run a particular image in a pod."""
    from kubectl_lite.generators.overrides import overridden
    from kubectl_lite.generators.workloads import pod
    from kubectl_lite.running import run_attached

    attached = _check(words, image, flags)
    name, argv = words[0], (*words[1:], *after_dashes())
    obj = overridden(pod(name, image, flags, argv), flags.pop("overrides"), flags.pop("override_type"))
    if flags["expose"] and not attached:
        return await _exposed(session, obj, flags)
    remove, quiet, limit = flags.pop("remove"), flags["quiet"], flags["pod_running_timeout"]
    if attached:
        return await run_attached(session, obj, flags, remove=remove, quiet=quiet, timeout=limit)
    return await _run(session, obj, flags)


async def _run(session: Session, obj: Json, flags: Json) -> int:
    writing = Writing.read(flags, "kubectl-run")
    say(await sent(session, obj, writing, flags["save_config"] and writing.dry_run != "client"), "created", writing)
    return 0


async def _exposed(session: Session, obj: Json, flags: Json) -> int:
    """The pod and a Service that leads to it; the Service is shown first, and its failure does not undo the pod."""
    from kube.apimachinery.errors import StatusError

    writing = Writing.read(flags, "kubectl-run")
    save_config, failure = flags["save_config"] and writing.dry_run != "client", None
    made = await sent(session, obj, writing, save_config)
    try:
        say(await sent(session, _service(obj, flags["port"]), writing, save_config), "created", writing)
        print("---\n---\n" if writing.output == "yaml" else "", end="")
    except StatusError as error:
        failure = error
    say(made, "created", writing)
    if failure:
        raise failure
    return 0


def _check(words: tuple[str, ...], image: str, flags: Json) -> bool:
    """Whether to attach. Raises CommandError for flags that contradict one another, in kubectl's order."""
    attached = flags["stdin"] if flags["attach"] is None else flags["attach"]
    if not words:
        raise usage("run", "NAME is required for run")
    if not image:
        raise CommandError("--image is required")
    if not re.fullmatch(_IMAGE, image):
        raise CommandError(f'Invalid image name "{image}": invalid reference format')
    if flags["tty"] and not flags["stdin"]:
        raise usage("run", "-i/--stdin is required for containers with -t/--tty=true")
    if flags["expose"] and not flags["port"]:
        raise usage("run", "--port must be set when exposing a service")
    if attached and flags["dry_run"] != "none":
        raise usage("run", "--dry-run=[server|client] can't be used with attached containers options (--attach, "
                           "--stdin, or --tty)")  # fmt: skip
    if flags["image_pull_policy"] not in ("", "Always", "IfNotPresent", "Never"):
        raise usage("run", f"invalid image pull policy: {flags['image_pull_policy']}")
    if flags["restart"] not in ("Always", "OnFailure", "Never"):
        raise usage("run", f"invalid restart policy: {flags['restart']}")
    policy_of(flags["cascade"])
    if flags["remove"] and not attached:
        raise usage("run", "--rm should only be used for attached containers")
    return attached


def _service(pod: Json, port: str) -> Json:
    """What leads to the pod, as `--expose` makes it."""
    number = int(port)
    spec = {"ports": [{"port": number, "protocol": "TCP", "targetPort": number}],
            "selector": pod["metadata"].get("labels")}  # fmt: skip
    name = pod["metadata"]["name"]
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
