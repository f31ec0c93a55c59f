"""`config use-context`, `rename-context`, `set-context` and the deletion of contexts, clusters and users."""

from __future__ import annotations

import sys

import click

from kubectl_lite.cli import command
from kubectl_lite.commands.config.words import KEEP, exactly, files_of, given, show_help
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.session import Session


@command("use-context")
@click.argument("words", nargs=-1)
def use_context(session: Session, words: tuple[str, ...]) -> None:
    """Set the current-context in a kubeconfig file."""
    (name,) = exactly(1, words)
    files = files_of(session)
    if files.entry("contexts", name) is None:
        raise CommandError(f'no context exists with the name: "{name}"')
    files.set_current(name)
    print(f'Switched to context "{name}".')


@command("rename-context")
@click.argument("words", nargs=-1)
def rename_context(session: Session, words: tuple[str, ...]) -> None:
    """Rename a context from the kubeconfig file."""
    old, new = exactly(2, words)
    files = files_of(session)
    body = files.entry("contexts", old)
    if body is None:
        raise CommandError(f'cannot rename the context "{old}", it\'s not in {files.default}')
    if files.entry("contexts", new) is not None:
        raise CommandError(f'cannot rename the context "{old}", the context "{new}" already exists in {files.default}')
    was_current = files.current == old
    files.remove("contexts", old)
    files.put("contexts", new, body)
    if was_current:
        files.set_current(new)
    print(f'Context "{old}" renamed to "{new}".')


def _deleting(kind: str, section: str) -> click.Command:
    @command(f"delete-{kind}", help=f"Delete the specified {kind} from the kubeconfig.")
    @click.argument("words", nargs=-1)
    def run(session: Session, words: tuple[str, ...]) -> None:
        if kind == "user" and len(words) != 1:
            raise usage("config delete-user", "user to delete is required")
        if len(words) != 1:
            show_help()
            return
        files, name = files_of(session), words[0]
        if not files.remove(section, name):
            raise CommandError(f"cannot delete {kind} {name}, not in {files.default}")
        if section == "contexts" and files.current == name:
            print('warning: this removed your active context, use "kubectl_lite config use-context" to select a '
                  "different one", file=sys.stderr)  # fmt: skip
        print(f"deleted {kind} {name} from {files.default}")

    return run


delete_cluster = _deleting("cluster", "clusters")
delete_context = _deleting("context", "contexts")
delete_user = _deleting("user", "users")


@command("set-context")
@click.argument("words", nargs=-1)
@click.option("--current", is_flag=True, help="Modify the current context")
@click.option("--cluster", default=KEEP, help="cluster for the context entry in kubeconfig", show_default="''")
@click.option("--user", default=KEEP, help="user for the context entry in kubeconfig", show_default="''")
@click.option("--namespace", default=KEEP, help="namespace for the context entry in kubeconfig", show_default="''")
def set_context(session: Session, words: tuple[str, ...], current: bool, **flags: str) -> None:
    """Set a context entry in kubeconfig."""
    name = exactly(1, words)[0] if len(words) > 1 else "".join(words)
    files = files_of(session)
    if current and name:
        raise CommandError("you cannot specify both a context name and --current")
    if not current and not name:
        raise CommandError("you must specify a non-empty context name or --current")
    if current and not files.current:
        raise CommandError("no current context is set")
    name = name or files.current
    what = "modified" if files.entry("contexts", name) is not None else "created"
    files.put("contexts", name, (files.entry("contexts", name) or {}) | given(flags))
    print(f'Context "{name}" {what}.')
