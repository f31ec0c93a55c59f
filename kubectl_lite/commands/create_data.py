"""`create configmap` and the three `create secret`: their flags; the objects are made in `generators.config`.

Read by `kubectl_lite.commands.create`.
"""

from __future__ import annotations

from typing import Any

import click

from kubectl_lite.cli import group
from kubectl_lite.creating import generator, send
from kubectl_lite.session import Session

_HASH = click.option("--append-hash", is_flag=True, help="Append a hash of the content to the name.")
_SOURCES = (
    click.option("--from-literal", multiple=True, help="A key and its value: key=value."),
    click.option("--from-file", multiple=True, help="A file, or key=file, or a directory."),
    click.option("--from-env-file", multiple=True, help="A file of lines key=value."),
    _HASH,
)


def _pairs(flags: dict[str, Any], kind: str, name: str) -> list[tuple[str, bytes]]:
    from kubectl_lite.generators.sources import pairs

    return pairs(flags.pop("from_literal"), flags.pop("from_file"), flags.pop("from_env_file"), kind, name)


async def _send(session: Session, obj: dict[str, Any], flags: dict[str, Any]) -> int:
    """Creates it, under its own name or that with a hash of what it holds."""
    from kubectl_lite.generators.config import hashed

    return await send(session, hashed(obj) if flags.pop("append_hash") else obj, flags)


@generator("configmap", "Create a config map from a local file, directory or literal value.", *_SOURCES)
async def config_map_command(session: Session, name: str, **flags: Any) -> int:
    from kubectl_lite.generators.config import config_map

    return await _send(session, config_map(name, _pairs(flags, "ConfigMap", name)), flags)


@generator(
    "generic", "Create a secret from a local file, directory, or literal value.", *_SOURCES,
    click.option("--type", "type_", default="", help="The type of secret to create."),
)  # fmt: skip
async def _generic_secret(session: Session, name: str, type_: str, **flags: Any) -> int:
    from kubectl_lite.generators.config import secret

    return await _send(session, secret(name, type_, _pairs(flags, "Secret", name)), flags)


@generator(
    "tls", "Create a TLS secret from a public certificate and its private key.",
    click.option("--cert", default="", help="Path to the PEM encoded certificate."),
    click.option("--key", default="", help="Path to its private key."),
    _HASH,
)  # fmt: skip
async def _tls_secret(session: Session, name: str, cert: str, key: str, **flags: Any) -> int:
    from kubectl_lite.generators.config import tls_secret

    return await _send(session, tls_secret(name, cert, key), flags)


@generator(
    "docker-registry", "Create a secret for use with a Docker registry.",
    click.option("--docker-server", default="https://index.docker.io/v1/", help="The registry's address."),
    click.option("--docker-username", default="", help="Who pulls images from it."),
    click.option("--docker-password", default="", help="Their password."),
    click.option("--docker-email", default="", help="Their e-mail address."),
    click.option("--from-file", "files", multiple=True, help="A docker configuration file that says it all."),
    _HASH,
)  # fmt: skip
async def _registry_secret(
    session: Session, name: str, docker_server: str, docker_username: str, docker_password: str, docker_email: str,
    files: tuple[str, ...], **flags: Any,
) -> int:  # fmt: skip
    from kubectl_lite.generators.config import registry_secret

    obj = registry_secret(name, docker_server, docker_username, docker_password, docker_email, files)
    return await _send(session, obj, flags)


_SECRETS = {"docker-registry": _registry_secret, "generic": _generic_secret, "tls": _tls_secret}
secret_command = group("secret", _SECRETS, help="Create a secret using a specified subcommand.")
