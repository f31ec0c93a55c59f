"""`kubectl_lite explain`: what a kind and its fields mean, as the server's OpenAPI document says."""

from __future__ import annotations

import sys

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.mapper import Mapper, Mapping
from kubectl_lite.session import Session


@command("explain")
@click.argument("args", nargs=-1)
@click.option("--recursive", is_flag=True, help="Print the fields of fields, without their descriptions.")
@click.option("--api-version", default="", help="Of this version: apps/v1.")
@click.option("--output", default="plaintext", help="plaintext, the only format.")
async def cli(session: Session, args: tuple[str, ...], recursive: bool, api_version: str, output: str) -> None:
    """Get documentation for a resource."""
    from kubectl_lite.openapi_fields import Explainer

    if len(args) != 1:
        raise CommandError(
            'You must specify the type of resource to explain. Use "kubectl_lite api-resources" for a complete list of '
            "supported resources." if not args else "We accept only this format: explain RESOURCE"
        )  # fmt: skip
    if output != "plaintext":
        raise CommandError(f"unrecognized format: {output}", prefix=True)
    mapper = await session.mapper()
    mapping, path = _split(mapper, args[0])
    if api_version and api_version != mapping.api_version:
        found = [m for m in mapper.mappings if m.api_version == api_version and m.plural == mapping.plural]
        if not found:
            version = api_version if "/" in api_version else f"/{api_version}"
            raise CommandError(f'couldn\'t find resource for "{version}, Resource={mapping.plural}"')
        mapping = found[0]
    root = f"/openapi/v3/apis/{mapping.api_version}" if mapping.group else f"/openapi/v3/api/{mapping.version}"
    explainer = Explainer(await session.get(root), mapping.group, mapping.version, mapping.kind)
    sys.stdout.write(explainer.head())
    sys.stdout.write(explainer.text(path, recursive))


def _split(mapper: Mapper, text: str) -> tuple[Mapping, list[str]]:
    """`deployments.apps.spec` -> Deployments, [spec]: the longest beginning that names a resource."""
    words = text.split(".")
    for end in range(len(words), 0, -1):
        try:
            return mapper.by_name(".".join(words[:end])), words[end:]
        except CommandError:
            continue
    raise CommandError(f'the server doesn\'t have a resource type "{words[0]}"', prefix=False)
