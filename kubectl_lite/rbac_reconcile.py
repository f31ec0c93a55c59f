"""`auth reconcile`: a role is given the rules that a manifest has and it lacks, a binding the subjects.

Called by `kubectl_lite auth reconcile`. Unlike `apply` it never narrows what is allowed unless asked to. A binding to
another role is made anew, for a binding's role cannot change.
"""

from __future__ import annotations

import sys
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.resources import Target
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing

Json = dict[str, Any]
REMOVES = (("rules", "remove_extra_permissions"), ("subjects", "remove_extra_subjects"))
"""What may go beyond the manifest, and the flag that takes it away."""
_FIELDS = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")


async def reconcile(session: Session, target: Target, flags: Json) -> None:
    """Creates or mends one object and says what was missing. Raises CommandError for what is no role or binding."""
    from kube.apimachinery.errors import NotFound

    assert target.object is not None
    if target.mapping.group != "rbac.authorization.k8s.io":
        raise CommandError(f"only rbac.authorization.k8s.io/v1 is supported: not {target.mapping.api_version}, "
                           f"Kind={target.mapping.kind}")  # fmt: skip
    writing = Writing.read(dict(flags), "kubectl-auth")
    try:
        live = await session.get(target.path)
    except NotFound:
        await _create(session, target, target.object, writing)
        _say(writing, target, target.object, "create", target.object, {})
        return
    new, missing, extra = merged(live, target.object, flags)
    operation = ""
    if live.get("roleRef") != new.get("roleRef"):
        operation = "recreate"
        if writing.dry_run == "none":
            await session.delete(target.path)
            await _create(session, target, new, writing)
    elif new != live:
        operation = "update"
        if writing.dry_run != "client":
            new = await session.put(target.path, new, **writing.params)
    removed = {name: extra[name] for name, flag in REMOVES if flags[flag] and name in extra}
    _say(writing, target, new, operation, missing, removed)


async def _create(session: Session, target: Target, obj: Json, writing: Writing) -> None:
    if writing.dry_run != "client":
        metadata = {k: v for k, v in obj["metadata"].items() if k not in ("resourceVersion", "uid")}
        await session.post(target.mapping.path(target.namespace), obj | {"metadata": metadata}, **writing.params)


def merged(live: Json, wanted: Json, flags: Json) -> tuple[Json, Json, Json]:
    """The object to write; what it lacked; what it has beyond the manifest. Pure."""
    missing: Json = {}
    extra: Json = {}
    new = dict(live)
    metadata = dict(live["metadata"])
    for name in ("labels", "annotations"):
        if (wanted.get("metadata") or {}).get(name):
            metadata[name] = wanted["metadata"][name] | (live["metadata"].get(name) or {})
    new["metadata"] = metadata
    for name, removes in REMOVES:
        if name not in wanted and name not in live:
            continue
        have, want = live.get(name) or [], wanted.get(name) or []
        missing[name] = [item for item in want if not any(_covers(other, item) for other in have)]
        extra[name] = [item for item in have if not any(_covers(other, item) for other in want)]
        if missing[name] or (flags[removes] and extra[name]):
            new[name] = want if flags[removes] else have + missing[name]
    if "roleRef" in wanted:
        new["roleRef"] = wanted["roleRef"]
    return new, missing, extra


def _covers(rule: Json, other: Json) -> bool:
    """Whether a rule allows all that the other does; for subjects, whether they are the same."""
    if "verbs" not in other:
        return all(rule.get(k, "") == other.get(k, "") for k in ("kind", "name", "namespace"))
    if set(rule.get("resourceNames") or ()) and not other.get("resourceNames"):
        return False
    if rule.get("resourceNames") and not set(other["resourceNames"]) <= set(rule["resourceNames"]):
        return False
    fields = ("verbs", "apiGroups", "resources", "nonResourceURLs")
    return all("*" in (rule.get(f) or ()) or set(other.get(f) or ()) <= set(rule.get(f) or ()) for f in fields)


def _say(writing: Writing, target: Target, obj: Json, operation: str, missing: Json, extra: Json) -> None:
    writing.say(target, "reconciled", obj)
    if not operation:
        return
    print(f"\treconciliation required {operation}", file=sys.stderr)
    for title, found in (("missing rules added", missing.get("rules")), ("extra rules removed", extra.get("rules")),
                         ("missing subjects added", missing.get("subjects")),
                         ("extra subjects removed", extra.get("subjects"))):  # fmt: skip
        if found:
            print(f"\t{title}:", file=sys.stderr)
            for item in found:
                print(f"\t\t{_go(item)}", file=sys.stderr)


def _go(item: Json) -> str:
    """As Go prints a struct: `{Verbs:[get] APIGroups:[] Resources:[pods] …}`."""
    if "verbs" not in item:
        names = (("Kind", "kind"), ("APIGroup", "apiGroup"), ("Name", "name"), ("Namespace", "namespace"))
        return "{" + " ".join(f"{title}:{item.get(key, '')}" for title, key in names) + "}"
    titles = ("Verbs", "APIGroups", "Resources", "ResourceNames", "NonResourceURLs")
    return "{" + " ".join(f"{t}:[{' '.join(item.get(f) or ())}]" for t, f in zip(titles, _FIELDS, strict=True)) + "}"
