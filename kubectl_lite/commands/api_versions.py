"""`kubectl_lite api-versions`: the groups and versions that the server serves."""

from __future__ import annotations

from kubectl_lite.cli import command
from kubectl_lite.session import Session


@command("api-versions")
async def cli(session: Session) -> None:
    """Print the supported API versions on the server, in the form of "group/version"."""
    core, groups = await session.get("/api"), await session.get("/apis")
    found = [v["groupVersion"] for g in groups.get("groups", ()) for v in g["versions"]]
    print(*sorted([*found, *core.get("versions", ())]), sep="\n")
