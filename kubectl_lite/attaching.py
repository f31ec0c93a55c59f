"""Our streams joined to those of a container that runs: what `attach`, `run -i` and `debug -i` end in."""

from __future__ import annotations

import sys
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session

Json = dict[str, Any]


async def attach(session: Session, pod: Json, container: str, *, stdin: bool, terminal: bool, quiet: bool) -> int:
    """Joins the streams of one container; a terminal only where the container has one."""
    from kubectl_lite.picking import container_of
    from kubectl_lite.streams import exit_code, is_terminal, path_of, run

    phase = pod.get("status", {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot attach a container in a completed pod; current phase is {phase}")
    try:
        name = container_of(pod, container, quiet)
    except CommandError as why:
        raise CommandError(f"cannot attach to the container: {why}") from why
    spec, is_ephemeral = _spec_of(pod, name)
    if terminal and not spec.get("tty"):
        if not quiet:
            print(f"error: Unable to use a TTY - container {name} did not allocate one", file=sys.stderr)
        terminal = False
    terminal = is_terminal(stdin, terminal or bool(spec.get("tty")), quiet)
    if not quiet:
        print("If you don't see a command prompt, try pressing enter.", file=sys.stderr)
    path = path_of(pod, "attach", name, (), stdin=stdin, stdout=True, stderr=not terminal, tty=terminal)
    code = exit_code(await run(session, path, stdin=stdin, terminal=terminal, redraw=True))
    if terminal and not quiet and pod["spec"].get("restartPolicy") == "Always":
        print(_how_to_go_on(pod["metadata"]["name"], name, is_ephemeral))
    return code


def _spec_of(pod: Json, name: str) -> tuple[Json, bool]:
    """The container, and whether it is an ephemeral one."""
    spec = pod["spec"]
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            if container["name"] == name:
                return container, field == "ephemeralContainers"
    raise CommandError(f"container {name} not found in pod {pod['metadata']['name']}")


def _how_to_go_on(pod: str, container: str, is_ephemeral: bool) -> str:
    line = f"'kubectl_lite attach {pod} -c {container} -i -t'"
    if is_ephemeral:
        return (
            f"Session ended, the ephemeral container will not be restarted but may be reattached using {line} "
            "if it is still running"
        )
    return f"Session ended, resume using {line} command when the pod is running"
