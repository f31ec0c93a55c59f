"""`kubectl_lite config`: looks at kubeconfig files and changes them. It asks no server.

Source: k8s.io/kubectl/pkg/cmd/config. The files themselves are `kubectl_lite.kubeconfig_files`; `set` and `unset` by
path are `kubectl_lite.kubeconfig_paths`.
"""

from __future__ import annotations

import base64
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from kubectl_lite.cli import bool_option, command, group
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.kubeconfig_files import SECTIONS, KubeconfigFiles
from kubectl_lite.session import Session
from kubectl_lite.writing import print_options, printer_of

Json = dict[str, Any]
HIDDEN = {"token": "REDACTED", "password": "REDACTED", "certificate-authority-data": "DATA+OMITTED",
          "client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}  # fmt: skip
KEEP = "\0"  # a flag that was not given


def _files(session: Session) -> KubeconfigFiles:
    return KubeconfigFiles(session.flags.kubeconfig)


def _exactly(count: int, words: tuple[str, ...], complaint: str = "Unexpected args") -> tuple[str, ...]:
    """The words, if they are so many; else the command's help is shown and CommandError raised."""
    if len(words) != count:
        _show_help()
        raise CommandError(f"{complaint}: [{' '.join(words)}]")
    return words


def _show_help() -> None:
    from kubectl_lite.help.page import page

    context = click.get_current_context()
    print(page(context.command, context.command_path), end="")


# ---- looking ----


@command("view")
@click.option("--minify", is_flag=True, help="Only what the current context uses.")
@click.option("--flatten", is_flag=True, help="Put the content of files into it.")
@click.option("--raw", is_flag=True, help="Show secrets and certificate data.")
@bool_option("--merge", default=True, help="Merge the whole hierarchy of kubeconfig files.")
@partial(print_options, output="yaml")
def _view(session: Session, minify: bool, flatten: bool, raw: bool, merge: bool, **flags: Any) -> None:
    """Display merged kubeconfig settings or a specified kubeconfig file."""
    output, document = flags["output"], _files(session).merged()
    if minify:
        document = _minified(document, session.flags.context or document["current-context"])
    if flatten:
        document = _mapped(document, _inlined)
    if not (raw or flatten):
        document = _mapped(document, lambda body: {k: HIDDEN.get(k, v) for k, v in body.items()})
    if output == "json":
        sys.stdout.write(_ordered_json(document))
        return
    printer = printer_of(flags | {"output": output or "yaml"})
    assert printer is not None
    sys.stdout.write(printer(document))


def _ordered_json(document: Json) -> str:
    import json

    from kubectl_lite.kubeconfig_paths import FIELDS

    order = ("kind", "apiVersion", "preferences", "clusters", "users", "contexts", "current-context")
    inner = {
        section: [{"name": e["name"], name: {k: e[name][k] for k in FIELDS[section] if k in e[name]}}
                  for e in document[section]]
        for section, name in SECTIONS.items()
    }  # fmt: skip
    return json.dumps({k: inner.get(k, document[k]) for k in order}, indent=4) + "\n"


def _minified(document: Json, name: str) -> Json:
    if not name:
        raise CommandError("current-context must exist in order to minify")
    context = next((e["context"] for e in document["contexts"] if e["name"] == name), None)
    if context is None:
        raise CommandError(f"cannot locate context {name}")
    kept = {"contexts": name, "clusters": context.get("cluster"), "users": context.get("user")}
    sections = {s: [e for e in document[s] if e["name"] == wanted] for s, wanted in kept.items()}
    return document | sections | {"current-context": name}


def _mapped(document: Json, change: Any) -> Json:
    sections = {"clusters": "cluster", "users": "user"}
    return document | {s: [e | {i: change(e[i])} for e in document[s]] for s, i in sections.items()}


def _inlined(body: Json) -> Json:
    """Files in the place of their names."""
    found = dict(body)
    for name in ("certificate-authority", "client-certificate", "client-key"):
        if path := found.pop(name, ""):
            found[f"{name}-data"] = base64.b64encode(Path(path).read_bytes()).decode()
    return found


@command("get-contexts")
@click.argument("names", nargs=-1)
@click.option("--no-headers", is_flag=True, help="Do not print headers.")
@click.option("-o", "--output", default="", help='"name" prints names only.')
def _get_contexts(session: Session, names: tuple[str, ...], no_headers: bool, output: str) -> int:
    """Describe one or many contexts."""
    from kubectl_lite.printers.table import table

    if output not in ("", "name"):
        raise CommandError(f"--output {output} is not available in kubectl_lite config get-contexts; "
                           "resetting to default output format")  # fmt: skip
    files = _files(session)
    absent = [n for n in names if n not in files.names("contexts")]
    shown = [n for n in names if n not in absent] if names else files.names("contexts")
    rows = [] if no_headers or output else [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]]
    for name in shown:
        body = files.entry("contexts", name) or {}
        mark = "*" if name == files.current else ""
        rows.append([mark, name, *(body.get(k, "") for k in ("cluster", "user", "namespace"))])
    sys.stdout.write("".join(f"{row[1]}\n" for row in rows) if output else table(rows))
    for name in absent:
        print(f"error: context {name} not found", file=sys.stderr)
    return 1 if absent else 0


@command("current-context")
@click.argument("ignored", nargs=-1, expose_value=False)
def _current_context(session: Session) -> None:
    """Display the current-context."""
    name = _files(session).current
    if not name:
        raise CommandError("current-context is not set")
    print(name)


def _listing(name: str, section: str, help_: str) -> click.Command:
    @command(name, help=help_)
    @click.argument("ignored", nargs=-1, expose_value=False)
    def run(session: Session) -> None:
        print("NAME", *_files(session).names(section), sep="\n")

    return run


# ---- changing ----


@command("use-context")
@click.argument("words", nargs=-1)
def _use_context(session: Session, words: tuple[str, ...]) -> None:
    """Set the current-context in a kubeconfig file."""
    (name,) = _exactly(1, words)
    files = _files(session)
    if files.entry("contexts", name) is None:
        raise CommandError(f'no context exists with the name: "{name}"')
    files.set_current(name)
    print(f'Switched to context "{name}".')


@command("rename-context")
@click.argument("words", nargs=-1)
def _rename_context(session: Session, words: tuple[str, ...]) -> None:
    """Rename a context from the kubeconfig file."""
    old, new = _exactly(2, words)
    files = _files(session)
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
            _show_help()
            return
        files, name = _files(session), words[0]
        if not files.remove(section, name):
            raise CommandError(f"cannot delete {kind} {name}, not in {files.default}")
        if section == "contexts" and files.current == name:
            print('warning: this removed your active context, use "kubectl_lite config use-context" to select a '
                  "different one", file=sys.stderr)  # fmt: skip
        print(f"deleted {kind} {name} from {files.default}")

    return run


def _merged(files: KubeconfigFiles, section: str, name: str, changes: Json) -> Json:
    """The entry with the given flags laid over it; an empty one takes its field away."""
    body = (files.entry(section, name) or {}) | {k: v for k, v in changes.items() if v != KEEP}
    return {k: v for k, v in body.items() if v not in ("", False, None)}


@command("set-context")
@click.argument("words", nargs=-1)
@click.option("--current", is_flag=True, help="Modify the current context.")
@click.option("--cluster", default=KEEP, help="The cluster of the context.", show_default="''")
@click.option("--user", default=KEEP, help="The user of the context.", show_default="''")
@click.option("--namespace", default=KEEP, help="The namespace of the context.", show_default="''")
def _set_context(session: Session, words: tuple[str, ...], current: bool, **changes: str) -> None:
    """Set a context entry in kubeconfig."""
    name = _exactly(1, words)[0] if len(words) > 1 else "".join(words)
    files = _files(session)
    if current and name:
        raise CommandError("you cannot specify both a context name and --current")
    if not current and not name:
        raise CommandError("you must specify a non-empty context name or --current")
    if current and not files.current:
        raise CommandError("no current context is set")
    name = name or files.current
    what = "modified" if files.entry("contexts", name) is not None else "created"
    body = _merged(files, "contexts", name, changes)
    files.put("contexts", name, {"cluster": "", "user": ""} | body)
    print(f'Context "{name}" {what}.')


@command("set-cluster")
@click.argument("words", nargs=-1)
@click.option("--server", default=KEEP, help="The API server's address.", show_default="''")
@click.option("--certificate-authority", default=KEEP, help="Path to a CA file.", show_default="''")
@click.option("--insecure-skip-tls-verify", is_flag=True, default=None, help="Do not check the server's certificate.")
@click.option("--tls-server-name", default=KEEP, help="The name to verify.", show_default="''")
@click.option("--proxy-url", default=KEEP, help="A proxy to go through.", show_default="''")
@click.option("--embed-certs", is_flag=True, help="Keep the file's content, not its path.")
def _set_cluster(session: Session, words: tuple[str, ...], embed_certs: bool, **flags: str) -> None:
    """Set a cluster entry in kubeconfig."""
    (name,) = _exactly(1, words)
    files = _files(session)
    changes: Json = {k.replace("_", "-"): KEEP if v is None else v for k, v in flags.items()}
    insecure = "insecure-skip-tls-verify"
    if changes[insecure] != KEEP:
        if changes[insecure] and changes["certificate-authority"] not in (KEEP, ""):
            raise CommandError("you cannot specify a certificate authority and insecure mode at the same time")
        if changes[insecure]:
            changes |= {"certificate-authority": "", "certificate-authority-data": ""}
    elif changes["certificate-authority"] != KEEP:
        changes |= {insecure: ""}
    files.put("clusters", name, _merged(files, "clusters", name, _embedded(changes, embed_certs, files.folder)))
    print(f'Cluster "{name}" set.')


@command("set-credentials")
@click.argument("words", nargs=-1)
@click.option("--token", default=KEEP, help="A bearer token.", show_default="''")
@click.option("--username", default=KEEP, help="For basic authentication.", show_default="''")
@click.option("--password", default=KEEP, help="For basic authentication.", show_default="''")
@click.option("--client-certificate", default=KEEP, help="Path to a certificate.", show_default="''")
@click.option("--client-key", default=KEEP, help="Path to its key.", show_default="''")
@click.option("--embed-certs", is_flag=True, help="Keep the files' content, not their paths.")
@click.option("--auth-provider", default=None, help="The auth provider of the user.")
@click.option("--auth-provider-arg", multiple=True, help="Its settings: KEY=VALUE sets, KEY- removes.")
@click.option("--exec-command", default=None, help="A program that answers who the user is.")
@click.option("--exec-api-version", default=None, help="The version of what it answers.")
@click.option("--exec-arg", multiple=True, help="Its arguments, separated by commas.")
@click.option("--exec-env", multiple=True, help="Its environment: KEY=VALUE sets, KEY- removes.")
@click.option("--exec-interactive-mode", default=None, help="Whether it may ask: IfAvailable, Never or Always.")
@click.option("--exec-provide-cluster-info", is_flag=True, default=None, help="Whether it is told of the cluster.")
def _set_credentials(session: Session, words: tuple[str, ...], embed_certs: bool, **flags: Any) -> None:
    """Set a user entry in kubeconfig."""
    from kubectl_lite.kubeconfig_users import with_program, with_provider

    (name,) = _exactly(1, words, "unexpected args")
    files = _files(session)
    provider = [flags.pop(key) for key in ("auth_provider", "auth_provider_arg")]
    program = [flags.pop(f"exec_{key}") for key in
               ("command", "api_version", "arg", "env", "interactive_mode", "provide_cluster_info")]  # fmt: skip
    if flags["token"] != KEEP and (flags["username"] != KEEP or flags["password"] != KEEP):
        raise CommandError("you cannot specify more than one authentication method at the same time: "
                           "--token, --username/--password")  # fmt: skip
    changes: Json = {k.replace("_", "-"): v for k, v in flags.items()}
    if flags["token"] != KEEP:
        changes |= {"username": "", "password": ""}
    elif flags["username"] != KEEP or flags["password"] != KEEP:
        changes |= {"token": ""}
    body = _merged(files, "users", name, _embedded(changes, embed_certs, files.folder))
    files.put("users", name, with_provider(with_program(body, *program), *provider))
    print(f'User "{name}" set.')


def _embedded(changes: Json, embed: bool, folder: Path) -> Json:
    """The content of files, or their absolute paths; the one takes the other's place."""
    found = dict(changes)
    for name in ("certificate-authority", "client-certificate", "client-key"):
        path = found.get(name, KEEP)
        if path in (KEEP, ""):
            continue
        if embed:
            try:
                found |= {name: "", f"{name}-data": base64.b64encode(Path(path).read_bytes()).decode()}
            except OSError as why:
                raise CommandError(f"could not read {name} data from {path}: {why.strerror}") from why
        else:
            found |= {name: _near(Path(path).absolute(), folder), f"{name}-data": ""}
    return found


def _near(path: Path, folder: Path) -> str:
    """A file beside the kubeconfig, or below, is named as seen from there."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


@command("set")
@click.argument("words", nargs=-1)
@click.option("--set-raw-bytes", is_flag=True, help="The value is put into a data field as it is, not in base64.")
def _set(session: Session, words: tuple[str, ...], set_raw_bytes: bool) -> None:
    """Set an individual value in a kubeconfig file."""
    from kubectl_lite.kubeconfig_paths import set_value

    path, value = _exactly(2, words)
    set_value(_files(session), path, value, raw=set_raw_bytes)
    print(f'Property "{path}" set.')


@command("unset")
@click.argument("words", nargs=-1)
def _unset(session: Session, words: tuple[str, ...]) -> None:
    """Unset an individual value in a kubeconfig file."""
    from kubectl_lite.kubeconfig_paths import unset_value

    (path,) = _exactly(1, words)
    unset_value(_files(session), path)
    print(f'Property "{path}" unset.')


cli = group(
    "config",
    {
        "current-context": _current_context,
        "delete-cluster": _deleting("cluster", "clusters"),
        "delete-context": _deleting("context", "contexts"),
        "delete-user": _deleting("user", "users"),
        "get-clusters": _listing("get-clusters", "clusters", "Display clusters defined in the kubeconfig."),
        "get-contexts": _get_contexts,
        "get-users": _listing("get-users", "users", "Display users defined in the kubeconfig."),
        "rename-context": _rename_context,
        "set": _set,
        "set-cluster": _set_cluster,
        "set-context": _set_context,
        "set-credentials": _set_credentials,
        "unset": _unset,
        "use-context": _use_context,
        "view": _view,
    },
    {"use": "use-context"},
    help="Modify kubeconfig files using subcommands such as `kubectl_lite config use-context my-context`.",
)
