"""`config set-cluster`: a cluster's entry, created or changed."""

from __future__ import annotations

import click

from kubectl_lite.cli import command
from kubectl_lite.commands.config.words import KEEP, Json, exactly, files_of, given, with_files
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session

CA, INSECURE = "certificate-authority", "insecure-skip-tls-verify"


def _flag(name: str, help_: str = "") -> object:
    return click.option(f"--{name}", default=KEEP, help=help_ or f"{name} for the cluster entry in kubeconfig",
                        show_default="''")  # fmt: skip


@command("set-cluster")
@click.argument("words", nargs=-1)
@_flag("server")
@_flag("certificate-authority", "Path to certificate-authority file for the cluster entry in kubeconfig")
@click.option("--insecure-skip-tls-verify", is_flag=True, default=None,
              help="insecure-skip-tls-verify for the cluster entry in kubeconfig")  # fmt: skip
@_flag("tls-server-name")
@_flag("proxy-url")
@click.option("--embed-certs", is_flag=True, help="embed-certs for the cluster entry in kubeconfig")
def set_cluster(session: Session, words: tuple[str, ...], embed_certs: bool, **flags: str) -> None:
    """Set a cluster entry in kubeconfig."""
    (name,) = exactly(1, words)
    files, changes = files_of(session), given(flags)
    if changes.get(INSECURE) and changes.get(CA):
        raise CommandError("you cannot specify a certificate authority and insecure mode at the same time")
    if embed_certs and not changes.get(CA):
        raise CommandError(f"you must specify a --{CA} to embed")
    changes = with_files(_consequences(changes), embed_certs, (CA,))
    files.put("clusters", name, (files.entry("clusters", name) or {}) | changes)
    print(f'Cluster "{name}" set.')


def _consequences(changes: Json) -> Json:
    """What one field means for others: a new server has another name, and trust is of one kind."""
    found = dict(changes)
    if found.get("server"):
        found.setdefault("tls-server-name", "")
    if found.get(INSECURE):
        found |= {CA: "", f"{CA}-data": ""}
    elif found.get(CA):
        found[INSECURE] = False
    return found
