"""`config set-credentials`: a user's entry, created or changed, with its exec plugin or auth provider.

What the flags make of an entry is `changed`, which is pure.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.commands.config.words import KEEP, Json, exactly, files_of, given, show_help, with_files
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session

CERT, KEY = "client-certificate", "client-key"
MODES = ("IfAvailable", "Never", "Always")
_APART = ("auth_provider", "auth_provider_arg", "exec_command", "exec_api_version", "exec_arg", "exec_env",
          "exec_interactive_mode", "exec_provide_cluster_info")  # fmt: skip


def _flag(name: str, help_: str) -> Any:
    return click.option(f"--{name}", default=KEEP, help=f"{help_} for the user entry in kubeconfig", show_default="''")


@command("set-credentials")
@click.argument("words", nargs=-1)
@_flag("token", "token")
@_flag("username", "username")
@_flag("password", "password")
@_flag(CERT, "Path to client-certificate file")
@_flag(KEY, "Path to client-key file")
@click.option("--embed-certs", is_flag=True, help="Embed client cert/key for the user entry in kubeconfig")
@_flag("auth-provider", "Auth provider")
@click.option("--auth-provider-arg", multiple=True, help="'key=value' arguments for the auth provider")
@_flag("exec-command", "Command for the exec credential plugin")
@_flag("exec-api-version", "API version of the exec credential plugin")
@click.option("--exec-arg", multiple=True,
              help="New arguments for the exec credential plugin command for the user entry in kubeconfig")  # fmt: skip
@click.option("--exec-env", multiple=True, help="'key=value' environment values for the exec credential plugin")
@_flag("exec-interactive-mode", "InteractiveMode of the exec credentials plugin")
@click.option("--exec-provide-cluster-info", is_flag=True, default=None,
              help="ProvideClusterInfo of the exec credentials plugin for the user entry in kubeconfig")  # fmt: skip
def set_credentials(session: Session, words: tuple[str, ...], embed_certs: bool, **flags: Any) -> None:
    """Set a user entry in kubeconfig."""
    (name,) = exactly(1, words, "unexpected args")
    pairs = {flag: _pairs(flag, flags[flag.replace("-", "_")]) for flag in ("auth-provider-arg", "exec-env")}
    plain = given({k: v for k, v in flags.items() if k not in _APART})
    apart = {k: flags[k] for k in _APART if flags[k] not in (KEEP, None)}
    _check(plain, apart.get("exec_interactive_mode", ""), embed_certs)
    files = files_of(session)
    entry = changed(files.entry("users", name) or {}, with_files(plain, embed_certs, (CERT, KEY)), apart, pairs)
    files.put("users", name, entry)
    print(f'User "{name}" set.')


def _pairs(flag: str, words: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """`a=b` to set, `c-` to take away. Raises CommandError, with the command's help, for anything else."""
    new: dict[str, str] = {}
    gone: list[str] = []
    for word in _each(words):
        key, equals, value = word.partition("=")
        if equals and key:
            new[key] = value
        elif word.endswith("-") and not equals:
            gone.append(word[:-1])
        else:
            show_help()
            raise CommandError(f"invalid {flag} format: {word}")
    return new, gone


def _each(words: tuple[str, ...]) -> list[str]:
    """A flag may be repeated, and hold several values with commas between."""
    return [part for word in words for part in word.split(",")]


def _check(plain: Json, mode: str, embed: bool) -> None:
    methods = ["--token"] if plain.get("token") else []
    methods += ["--username/--password"] if plain.get("username") or plain.get("password") else []
    if len(methods) > 1:
        raise CommandError("you cannot specify more than one authentication method at the same time: "
                           + ", ".join(methods))  # fmt: skip
    if mode and mode not in MODES:
        raise CommandError(f"invalid interactive mode type, can be only {', '.join(MODES)}")
    if embed and not (plain.get(CERT) or plain.get(KEY)):
        raise CommandError(f"you must specify a --{CERT} or --{KEY} to embed")


def changed(entry: Json, plain: Json, apart: Json, pairs: dict[str, tuple[dict[str, str], list[str]]]) -> Json:
    """The entry with the flags laid over it. A token takes a password's place, and the other way round."""
    new = deepcopy(entry) | plain
    if plain.get("token"):
        new |= {"username": "", "password": ""}
    elif plain.get("username") or plain.get("password"):
        new |= {"token": ""}
    if "auth_provider" in apart and (new.get("auth-provider") or {}).get("name") != apart["auth_provider"]:
        new["auth-provider"] = {"name": apart["auth_provider"], "config": {}}
    if provider := new.get("auth-provider"):
        more, gone = pairs["auth-provider-arg"]
        provider["config"] = {k: v for k, v in provider["config"].items() if k not in gone} | more
    if "exec_command" in apart:
        new["exec"] = (new.get("exec") or {}) | {"command": apart["exec_command"], "args": None}
    if new.get("exec"):
        new["exec"] = _exec(new["exec"], apart, *pairs["exec-env"])
    return new


def _exec(plugin: Json, apart: Json, variables: dict[str, str], gone: list[str]) -> Json:
    fields = {"exec_api_version": "apiVersion", "exec_interactive_mode": "interactiveMode",
              "exec_provide_cluster_info": "provideClusterInfo"}  # fmt: skip
    new = plugin | {field: apart[flag] for flag, field in fields.items() if flag in apart}
    if apart.get("exec_arg"):
        new["args"] = _each(apart["exec_arg"])
    known = {e["name"]: e["value"] for e in plugin.get("env") or () if e["name"] not in gone} | variables
    return new | {"env": [{"name": k, "value": v} for k, v in known.items()] or ([] if plugin.get("env") else None)}
