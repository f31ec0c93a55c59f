"""`config view`: the merged kubeconfig, with secrets hidden unless asked for."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from kube.client.kubeconfig import Kubeconfig
from kube.client.kubeconfig_v1 import SECTIONS
from kubectl_lite.cli import bool_option, command
from kubectl_lite.commands.config.words import Json, files_of
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session
from kubectl_lite.writing import print_options, printer_of

HIDDEN = {"token": "REDACTED", "password": "REDACTED", "certificate-authority-data": "DATA+OMITTED",
          "client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}  # fmt: skip


@command("view")
@click.option("--minify", is_flag=True,
              help="Remove all information not used by current-context from the output")  # fmt: skip
@click.option("--flatten", is_flag=True,
              help="Flatten the resulting kubeconfig file into self-contained output (useful for creating portable "
                   "kubeconfig files)")  # fmt: skip
@click.option("--raw", is_flag=True, help="Display raw byte data and sensitive data")
@bool_option("--merge", default=True, help="Merge the full hierarchy of kubeconfig files")
@partial(print_options, output="yaml")
def view(session: Session, minify: bool, flatten: bool, raw: bool, merge: bool, **flags: Any) -> None:
    """Display merged kubeconfig settings or a specified kubeconfig file."""
    printer = printer_of(flags | {"output": flags["output"] or "yaml"}, sort_keys=False)
    if not merge and not session.flags.kubeconfig:
        raise CommandError("if merge==false a precise file must be specified")
    files = files_of(session)
    config = files.merged
    if minify:
        minified(config, session.flags.context or config.current_context)
    if flatten:
        _change(config, lambda section, name, body: _inlined(body, files.folder_of(section, name)))
    if not (raw or flatten):
        _change(config, lambda _section, _name, body: {k: HIDDEN.get(k, v) for k, v in body.items()})
    assert printer
    sys.stdout.write(printer(config.document()))


def minified(config: Kubeconfig, name: str) -> None:
    """Leaves only what a context uses. Raises CommandError for what is not there."""
    if not name:
        raise CommandError("current-context must exist in order to minify")
    wanted = {"contexts": name}
    for section, what in SECTIONS.items():
        if section != "contexts" and (context := config.contexts.get(name)) and context[what]:
            wanted[section] = context[what]
    for section in ("contexts", "clusters", "users"):
        found = config.section(section)
        if (kept := wanted.get(section)) is not None and kept not in found:
            raise CommandError(f"cannot locate {SECTIONS[section]} {kept}")
        for other in [key for key in found if key != kept]:
            del found[other]
    config.current_context = name


def _change(config: Kubeconfig, change: Callable[[str, str, Json], Json]) -> None:
    for section in ("clusters", "users"):
        for name, body in config.section(section).items():
            config.section(section)[name] = change(section, name, body)


def _inlined(body: Json, folder: Path) -> Json:
    """Files in the place of their names. Raises CommandError for one that cannot be read."""
    found = dict(body)
    for name in ("certificate-authority", "client-certificate", "client-key"):
        if path := found.pop(name, ""):
            try:
                found[f"{name}-data"] = base64.b64encode((folder / path).read_bytes()).decode()
            except OSError as why:
                raise CommandError(f"open {folder / path}: {(why.strerror or '').lower()}") from why
    return found
