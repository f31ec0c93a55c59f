"""Runs the examples: a lab for each proxy mode, each README's commands in a shell, their outputs checked.

Called by `examples.__main__` and the end-to-end tests. It calls the `lab` command for labs and `examples.readme` for
what to do; it prints what was asked and what came back, as a person at a terminal would see it.
"""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from examples.readme import Step, matches, steps
from lab.machines import environment

FOLDER = Path(__file__).resolve().parent
DRIVERS = {"nftables": "netns", "ipvs": "auto"}
COMMAND_SECONDS = 120.0
PATIENCE = 180.0
"""Seconds until an output marked `eventually` must be right."""


class Mismatch(Exception):
    """A command printed something else than its README says."""


@dataclass(frozen=True)
class Example:
    """A folder `N-name` with a README."""

    number: int
    readme: Path

    @property
    def name(self) -> str:
        return self.readme.parent.name


def examples() -> list[Example]:
    """All of them, in order."""
    found = [Example(int(readme.parent.name.split("-")[0]), readme) for readme in FOLDER.glob("[0-9]-*/README.md")]
    return sorted(found, key=lambda example: example.number)


class Shell:
    """A bash that keeps its variables from one command to the next."""

    def __init__(self, variables: dict[str, str]):
        self.process = subprocess.Popen(
            ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", cwd=FOLDER.parent, env=environment(**variables),
        )  # fmt: skip

    def run(self, command: str) -> str:
        """What the command printed, errors included."""
        assert self.process.stdin and self.process.stdout
        mark = secrets.token_hex(8)
        self.process.stdin.write(f"{{ {command}\n}} </dev/null\necho {mark}\n")
        self.process.stdin.flush()
        output, watchdog = "", threading.Timer(COMMAND_SECONDS, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                if line.endswith(f"{mark}\n"):
                    return output + line.removesuffix(f"{mark}\n")
                output += line
        finally:
            watchdog.cancel()
        raise Mismatch(f"the shell ended in: {command}\n{output}")

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.process.communicate()


def run(example: Example, mode: str, variables: dict[str, str], say: Callable[[str], object] = print) -> None:
    """Executes one README. Raises Mismatch at the first output that differs."""
    shell = Shell(variables)
    try:
        for step in steps(example.readme.read_text(), mode):
            _run_step(step, shell, f"{example.name}/README.md", say)
    finally:
        shell.close()


def _run_step(step: Step, shell: Shell, where: str, say: Callable[[str], object]) -> None:
    deadline = time.monotonic() + (PATIENCE if step.eventually else 0)
    say("$ " + step.command.replace("\n", "\n> "))
    while True:
        output = shell.run(step.command)
        right = matches(step.expected, output)
        if right or time.monotonic() > deadline:
            break
        time.sleep(0.3)
    if output:
        say(output.rstrip("\n"))
    if not right:
        raise Mismatch(f"{where}:{step.line}: expected\n{step.expected}\nbut it printed\n{output}")


@contextlib.contextmanager
def lab(mode: str, home: Path, forward: str = "", say: Callable[[str], object] = print) -> Iterator[dict[str, str]]:
    """A lab in this directory for as long as the block takes; yields what commands need to find it."""
    variables = {"KUBE_LITE_HOME": str(home), "LAB_NAME": f"examples-{mode}"}
    variables["KUBECONFIG"] = str(home / variables["LAB_NAME"] / "admin.kubeconfig")
    flags = [f"--driver={DRIVERS[mode]}", f"--proxy-mode={mode}", *([f"--forward={forward}"] if forward else [])]
    _lab(variables, "up", *flags, say=say)
    try:
        yield variables
    finally:
        _lab(variables, "down", say=say)


def _lab(variables: dict[str, str], *words: str, say: Callable[[str], object]) -> None:
    say(f"$ lab {' '.join(words)}")
    argv = [sys.executable, "-m", "lab", *words]
    done = subprocess.run(argv, env=environment(**variables), cwd=FOLDER.parent, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    say(done.stdout.rstrip("\n"))
    if done.returncode:
        raise Mismatch(f"lab {words[0]} failed:\n{done.stdout}")
