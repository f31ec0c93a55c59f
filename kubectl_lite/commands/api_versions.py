"""`kubectl_lite api-versions`: the groups and versions that the server serves."""

from __future__ import annotations

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session
from kubectl_lite.versions import credentials_wanted


@command("api-versions")
async def cli(session: Session) -> None:
    """Print the supported API versions on the server, in the form of "group/version"."""
    from kube.apimachinery.errors import Unauthorized

    try:
        core, groups = await session.get("/api"), await session.get("/apis")
    except Unauthorized as why:
        said = credentials_wanted(why).message
        raise CommandError(f"couldn't get available api versions from server: {said}") from why
    except CommandError as why:
        if why.cause:
            raise CommandError(f"couldn't get available api versions from server: {why.cause}") from why
        raise
    found = [v["groupVersion"] for g in groups.get("groups", ()) for v in g["versions"]]
    print(*sorted([*found, *core.get("versions", ())]), sep="\n")
