"""Help pages: their layout, their texts, their examples, and their flags against those of kubectl 1.33."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from kubectl_lite.__main__ import main
from kubectl_lite.cli import Group, cli
from kubectl_lite.finding import NAME, find
from kubectl_lite.help.page import TEXTS, own_options, page, text_of
from tests.kubectl_lite import kubectl_help
from tests.kubectl_lite.kubectl_help import facts_of
from tests.support.cluster import ROOT

OURS = ("why", "trace", "timeline")
"""Commands that kubectl does not have."""
DOCS = ROOT / "docs" / "kubectl_lite.md"
UNLISTED = ("help", "options")
"""Commands that no page lists."""
BEGINS = """\
Stop a rollout where it is: further changes of the template make no pods until 'rollout resume'. Only deployments can be
paused.

Examples:
  # Change several things, and roll out once
  kubectl_lite rollout pause deployment/my-nginx

Options:
    --allow-missing-template-keys=true:
\t"""
ENDS = """

Usage:
  kubectl_lite rollout pause RESOURCE [options]

Use "kubectl_lite options" for a list of global command-line options (applies to all commands).
"""


def _walk(command: click.Command, path: list[str]) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, Group):
        for name in command.list_commands(None):
            inner = command.get_command(None, name)
            assert inner is not None
            yield from _walk(inner, [*path, name])


def _table(heading: str) -> list[list[list[str]]]:
    """What stands in backquotes in each cell of a table of docs/kubectl_lite.md."""
    section = re.search(rf"^## {heading}\n(.*?)(?:^## |\Z)", DOCS.read_text(), re.M | re.S)
    assert section
    rows = [line.split("|")[1:-1] for line in section[1].splitlines() if line.startswith("|")][2:]
    return [[re.findall(r"`([^`]+)`", cell) or [cell.strip()] for cell in row] for row in rows]


LACKING = {name: {flag.lstrip("-") for flag in row[1]} for row in _table("Flags that are not here") for name in row[0]}
COMMANDS = dict(_walk(cli, []))
KUBECTL = kubectl_help.read(kubectl_help.RECORDED.read_text())
SHARED = sorted(COMMANDS.keys() & KUBECTL.keys())


def _page(name: str) -> str:
    return page(find(name.split()).command, f"{NAME} {name}".strip())


def _as_kubectl(text: str) -> str:
    return text.replace(NAME, "kubectl")


# ---- layout ----


def test_a_page_is_laid_out_as_kubectls() -> None:
    text = _page("rollout pause")
    begins = BEGINS.replace("can be\npaused", "can be paused")
    assert (text[: len(begins)], text[-len(ENDS) :]) == (begins, ENDS)


def test_a_group_lists_its_commands_its_aliases_and_its_own_flags() -> None:
    text = _page("create service")
    assert "\nAliases:\nservice, svc\n\nAvailable Commands:\n  clusterip      Create a ClusterIP service" in text
    headings = re.findall(r"^[A-Z][\w ]*:$", _page("create"), re.M)
    assert headings == ["Examples:", "Available Commands:", "Options:", "Usage:"]


WAYS = ("rollout status -h", "help rollout status", "rollout -h status", "-n x help rollout status")


@pytest.mark.parametrize("line", WAYS)
def test_all_ways_lead_to_the_page(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == 0
    assert capsys.readouterr() == (_page("rollout status"), "")


# ---- texts ----


def test_each_command_has_a_text_and_each_text_a_command() -> None:
    names = {name.replace(" ", "-") or NAME for name in [*COMMANDS, *UNLISTED]}
    assert {path.name for path in TEXTS.iterdir()} == {f"{name}.txt" for name in names}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_flag_says_what_it_does(name: str) -> None:
    assert [o.opts for o in own_options(COMMANDS[name]) if not o.help] == []


@pytest.mark.parametrize("name", [*filter(None, COMMANDS), *UNLISTED])
def test_examples_are_lines_that_the_commands_take(name: str) -> None:
    lines = [words for line in _examples(name) for words in _commands_in(line)]
    assert lines or isinstance(COMMANDS.get(name), Group)
    for words in lines:
        found = find(words)
        command = found.command.default if isinstance(found.command, Group) else found.command
        assert command is not None, f"{words} is no command"
        with click.Context(command, info_name=found.path) as context:
            command.parse_args(context, found.words)


def _examples(name: str) -> list[str]:
    """The example lines of a page, without comments."""
    lines = text_of(f"{NAME} {name}")[1].splitlines()[1:]
    return [line.strip() for line in lines if line.strip() and not line.startswith("  # ")]


def _commands_in(line: str) -> Iterator[list[str]]:
    """What kubectl_lite is called with in a line of a shell."""
    for part in re.split(r" \| |'?source <\(|\)'? >> .*|\)$", line):
        words = [word for word in shlex.split(part) if not re.fullmatch(r"[A-Z_]+=\S*", word)]
        if words[:1] == [NAME]:
            yield words[1:]


# ---- kubectl ----


@pytest.mark.parametrize("name", SHARED)
def test_usage_and_aliases_are_kubectls(name: str) -> None:
    ours = facts_of(_as_kubectl(_page(name)))
    assert (ours.usage, ours.aliases) == (KUBECTL[name].usage, KUBECTL[name].aliases)


@pytest.mark.parametrize("name", SHARED)
def test_flags_are_kubectls_but_for_those_that_the_docs_name(name: str) -> None:
    lacking = LACKING.get(name, set()) | LACKING["every command"]
    theirs = {flag: shown for flag, shown in KUBECTL[name].flags.items() if flag not in lacking}
    assert facts_of(_page(name)).flags == theirs


def test_global_flags_are_kubectls(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["options"]) == 0
    theirs = {flag: shown for flag, shown in KUBECTL["options"].flags.items() if flag not in LACKING["options"]}
    assert facts_of(capsys.readouterr().out).flags == theirs


def test_the_docs_name_the_commands_that_are_not_here() -> None:
    absent = {name for name in KUBECTL.keys() - COMMANDS.keys() - set(UNLISTED) if name.rpartition(" ")[0] in COMMANDS}
    assert absent == {name for names in _table("Commands that are not here") for name in names[0]}
    assert COMMANDS.keys() - KUBECTL.keys() == set(OURS)
