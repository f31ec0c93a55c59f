"""`kubectl_lite apply --server-side` for one object: the server merges, and keeps track of who manages which field.

Called by `kubectl_lite.commands.apply`. An object that was applied by the client before is migrated, in three more
requests: the annotation gets a manager of its own, the fields of client-side apply change hands (`csa_upgrade`), and
the manifest is applied again, so that what it no longer says goes. Source: k8s.io/kubectl/pkg/cmd/apply.
"""

from __future__ import annotations

import sys
from typing import Any

from kubectl_lite.csa_upgrade import owners, upgrade
from kubectl_lite.errors import CommandError
from kubectl_lite.last_applied import ANNOTATION, SERVER_SIDE
from kubectl_lite.resources import Target
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing

Json = dict[str, Any]
_TRIES = 5
_LATER = "This is non-fatal and will be retried next time you apply."
_CONFLICT = """\
{why}
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""


async def apply(session: Session, target: Target, writing: Writing, force: bool, subresource: str) -> Json:
    """What the server made of it. Raises StatusError, or CommandError for fields of other managers."""
    from kube.apimachinery.errors import Conflict, StatusError

    path = target.mapping.path(target.namespace, target.name, subresource)
    params = writing.params | {"force": "true" if force else ""}
    try:
        answer: Json = await session.patch(path, target.object, "apply", **params)
    except Conflict as why:
        raise CommandError(_CONFLICT.format(why=why.message)) from why
    failed = "failed to migrate kubectl.kubernetes.io/last-applied-configuration for Server-Side Apply"
    try:
        answer = await _with_kept_annotation(session, path, target, answer, writing)
        failed = "server rejected managed fields migration to Server-Side Apply"
        migrated = await _migrated(session, path, answer, writing)
        failed = "failed to re-apply configuration after performing Server-Side Apply migration"
        return await session.patch(path, target.object, "apply", **params) if migrated else answer
    except StatusError as why:
        print(f"Warning: {failed}. {_LATER} Error: {why.message}", file=sys.stderr)
    return answer


async def _with_kept_annotation(session: Session, path: str, target: Target, live: Json, writing: Writing) -> Json:
    """The object whose last-applied annotation has a manager of its own, lest it goes with the next apply.

    Only for the default manager: for others the server does not keep the annotation up to date.
    """
    text = (live["metadata"].get("annotations") or {}).get(ANNOTATION)
    is_kept = owners(live["metadata"].get("managedFields") or [], "Apply")
    if writing.field_manager != SERVER_SIDE or text is None or is_kept:
        return live
    identity = {key: live["metadata"][key] for key in ("name", "namespace") if key in live["metadata"]}
    alone = {"apiVersion": target.mapping.api_version, "kind": target.mapping.kind,
             "metadata": identity | {"annotations": {ANNOTATION: text}}}  # fmt: skip
    answer: Json = await session.patch(
        path, alone, "apply", **writing.params | {"fieldManager": "kubectl-last-applied"}
    )
    return answer


async def _migrated(session: Session, path: str, live: Json, writing: Writing) -> bool:
    """Whether fields had to change hands, and did."""
    from kube.apimachinery.errors import Conflict

    for left in reversed(range(_TRIES)):
        patch = upgrade(live, writing.field_manager)
        if patch is None:
            return False
        try:
            await session.patch(path, patch, "json", **writing.params)
            return True
        except Conflict:
            if not left:
                raise
            live = await session.get(path)
    return False
