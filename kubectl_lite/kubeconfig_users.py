"""How a user proves who they are, by a program (`exec`) or an auth provider: what `config set-credentials` makes of it.

Called by `kubectl_lite.commands.config`. Pure: from an entry of `users` to the entry that it shall be.
Source: k8s.io/kubectl/pkg/cmd/config/set_credentials.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kubectl_lite.errors import CommandError

Json = dict[str, Any]
INTERACTIVE = ("IfAvailable", "Never", "Always")


def changes_of(words: Sequence[str], flag: str) -> tuple[dict[str, str], set[str]]:
    """`KEY=VALUE` sets, `KEY-` removes. Raises CommandError for what is neither."""
    sets, removed = {}, set()
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            sets[key] = value
        elif word.endswith("-"):
            removed.add(word[:-1])
        else:
            raise CommandError(f"invalid {flag} parameter {word}")
    return sets, removed


def with_program(
    body: Json, command: str | None, api_version: str | None, args: Sequence[str], env: Sequence[str],
    interactive: str | None, cluster_info: bool | None,
) -> Json:  # fmt: skip
    """The entry with a program that answers who the user is; one without a program stays as it is."""
    if interactive and interactive not in INTERACTIVE:
        raise CommandError(f"invalid interactive mode type, can be only {', '.join(INTERACTIVE)}")
    sets, removed = changes_of(env, "env variable")
    if command is None and "exec" not in body:
        return body
    had = body.get("exec") or {}
    kept = {entry["name"]: entry["value"] for entry in had.get("env") or () if entry["name"] not in removed} | sets
    program = {"apiVersion": api_version if api_version is not None else had.get("apiVersion", ""),
               "args": [a for given in args for a in given.split(",")] or (None if command else had.get("args")),
               "command": command or had.get("command"),
               "env": [{"name": k, "value": v} for k, v in kept.items()] or None,
               "interactiveMode": interactive or had.get("interactiveMode"),
               "provideClusterInfo": had.get("provideClusterInfo", False) if cluster_info is None else cluster_info}
    shown = {k: v for k, v in program.items() if v is not None or k in ("args", "env")}
    return body | {"exec": shown}


def with_provider(body: Json, name: str | None, args: Sequence[str]) -> Json:
    """The entry with an auth provider and its settings; settings alone change a provider that is there."""
    sets, removed = changes_of(args, "auth-provider-arg")
    had = body.get("auth-provider") or {}
    if name is None and not had:
        return body
    kept = {} if name is not None and name != had.get("name") else had.get("config") or {}
    config = {k: v for k, v in kept.items() if k not in removed} | sets
    return body | {"auth-provider": {"config": config or None, "name": name if name is not None else had["name"]}}
