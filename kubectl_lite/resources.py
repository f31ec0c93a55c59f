"""From the words of a command line to resources: `pods`, `svc/myapp`, `deploy,svc`, `all`, `-f FILE`, `-l a=b`.

Called by the commands that work on existing objects. Calls the mapper and the session. Wording follows
k8s.io/cli-runtime's resource builder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kubectl_lite.errors import CommandError
from kubectl_lite.manifests import Manifest, read_all
from kubectl_lite.mapper import Mapper, Mapping
from kubectl_lite.session import Session

if TYPE_CHECKING:
    from kube.apimachinery.errors import StatusError

Json = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """One object, or (without a name) a whole collection."""

    mapping: Mapping
    name: str = ""
    namespace: str = ""  # empty for cluster-scoped kinds, and for all namespaces
    source: str = ""
    object: dict[str, Any] | None = None
    bare: dict[str, Any] | None = None
    """The object as it stands in its manifest, which may not name its namespace."""

    @property
    def path(self) -> str:
        return self.mapping.path(self.namespace, self.name)

    @property
    def printed(self) -> str:
        """`service/myapp`, `deployment.apps/my-nginx`."""
        return f"{self.mapping.printed}/{self.name}"


NO_RESOURCE = """\
You must specify the type of resource to {command}. Use "kubectl_lite api-resources" for a complete list of \
supported resources.

error: Required resource not specified.
Use "kubectl_lite explain <resource>" for a detailed description of that resource (e.g. kubectl_lite explain pods).
See 'kubectl_lite {command} -h' for help and examples"""
NOTHING_GIVEN = """You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'"""


FILES_AND_WORDS = "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"


def list_refused(error: StatusError, mapping: Mapping, selectors: Json) -> StatusError:
    """The same error, its message saying which list was asked for, as cli-runtime adds it to two kinds of errors."""
    from kube.apimachinery.errors import BadRequest, NotFound

    labels, fields = selectors.get("labelSelector") or "", selectors.get("fieldSelector") or ""
    name = f"{mapping.api_version if mapping.group else '/' + mapping.version}, Resource={mapping.plural}"
    if isinstance(error, BadRequest | NotFound):
        if labels or fields:
            error.message = (f'Unable to find "{name}" that match label selector "{labels}", field selector '
                             f'"{fields}": {error.message}')  # fmt: skip
        else:
            error.message = f'Unable to list "{name}": {error.message}'
    return error


async def fetch(session: Session, target: Target, subresource: str = "", **request: Any) -> Json:
    """One object as the server answers. Where it is missing because its namespace is, the error says that."""
    from kube.apimachinery.errors import NotFound

    try:
        return await session.get(target.mapping.path(target.namespace, target.name, subresource), **request)
    except NotFound:
        if target.namespace not in ("", "default"):
            await _ensure_namespace(session, target.namespace)
        raise


async def _ensure_namespace(session: Session, name: str) -> None:
    """Raises NotFound for a namespace that is not there; whether one may look is another matter."""
    from kube.apimachinery.errors import NotFound, StatusError

    try:
        await session.get(f"/api/v1/namespaces/{name}")
    except NotFound:
        raise
    except StatusError:
        return


async def list_of(session: Session, target: Target, selectors: Json, **request: Any) -> Json:
    """A list as the server answers; with a `limit` in chunks that are joined.

    Raises StatusError, its message saying what was asked for.
    """
    from kube.apimachinery.errors import StatusError

    try:
        whole = page = await session.get(target.path, params=selectors, **request)
        rows = "rows" if whole.get("kind") == "Table" else "items"
        while token := (page.get("metadata") or {}).get("continue"):
            page = await session.get(target.path, params=selectors | {"continue": token}, **request)
            whole[rows] = (whole.get(rows) or []) + (page.get(rows) or [])
    except StatusError as error:
        raise list_refused(error, target.mapping, selectors) from error
    return whole


async def of_files(
    session: Session, files: Sequence[str], recursive: bool, selector: str, command: str, errors: list[Exception]
) -> list[Target]:
    """The objects of the files that the selector selects. Raises CommandError when there is none, and nothing wrong."""
    found = await targets(session, (), files=files or ("",), recursive=recursive, command=command, errors=errors)
    found = matching(found, selector)
    if not found and not errors:
        raise CommandError(f"no objects passed to {command}")
    return found


def matching(found: list[Target], selector: str) -> list[Target]:
    """Those whose labels the selector selects; all, when there is none. Raises CommandError for no selector."""
    from kube.apimachinery.labels import parse

    try:
        wanted = parse(selector)
    except ValueError as why:
        raise CommandError(f'the provided selector "{selector}" is not valid: {why}') from why
    return [t for t in found if wanted.matches(((t.object or {}).get("metadata") or {}).get("labels") or {})]


async def targets(
    session: Session,
    args: Sequence[str],
    *,
    files: Sequence[str] = (),
    recursive: bool = False,
    all_namespaces: bool = False,
    command: str = "get",
    errors: list[Exception] | None = None,
    local: bool = False,
) -> list[Target]:
    """What the arguments mean. Raises CommandError for words that mean nothing.

    With `errors` what is wrong with one manifest is noted there and does not keep the others from being found."""
    mapper = await session.mapper()
    if files:
        if args:
            raise CommandError(FILES_AND_WORDS)
        found = _from_manifests(session, mapper, read_all(tuple(files), recursive, errors=errors), errors)
        return [replace(target, object=target.bare) for target in found] if local else found
    if not args:
        raise CommandError(NO_RESOURCE.format(command=command), prefix=False)
    where = "" if all_namespaces else session.namespace
    if any("/" in a for a in args):
        pairs = [_pair(a) for a in args]
    else:
        words = list(filter(None, args[0].split(",")))
        if not args[1:]:
            types = dict.fromkeys(m for word in words for m in _types(mapper, word))
            return [_target(m, "", where) for m in types]
        if all_namespaces:
            raise CommandError("a resource cannot be retrieved by name across all namespaces")
        if len(words) == 1 and len(mapper.category(words[0])) > 1:
            raise CommandError("you must specify only one resource")
        return [_target(mapper.by_name(word), name, where) for word in words for name in args[1:]]
    if all_namespaces:
        raise CommandError("a resource cannot be retrieved by name across all namespaces")
    return [_target(mapper.by_name(kind), name, where) for kind, name in pairs]


def _from_manifests(
    session: Session, mapper: Mapper, manifests: list[Manifest], errors: list[Exception] | None
) -> list[Target]:
    found = []
    for manifest in manifests:
        try:
            found.append(from_manifest(session, mapper, manifest))
        except CommandError as why:
            if errors is None:
                raise
            errors.append(why)
    return found


def _types(mapper: Mapper, word: str) -> list[Mapping]:
    return mapper.category(word) or [mapper.by_name(word)]


def _pair(arg: str) -> tuple[str, str]:
    kind, slash, name = arg.partition("/")
    if not slash:
        raise CommandError(
            "there is no need to specify a resource type as a separate argument when passing arguments in "
            "resource/name form (e.g. 'kubectl_lite get resource/<resource_name>' instead of "
            "'kubectl_lite get resource resource/<resource_name>'"
        )
    if "/" in name:
        raise CommandError("arguments in resource/name form may not have more than one slash")
    if not kind or not name:
        raise CommandError("arguments in resource/name form must have a single resource and name")
    return kind, name


def _target(mapping: Mapping, name: str, namespace: str) -> Target:
    return Target(mapping, name, namespace if mapping.namespaced else "")


def from_manifest(session: Session, mapper: Mapper, manifest: Manifest) -> Target:
    """Where a manifest's object lives. Raises CommandError for a kind that the server does not serve, or for a
    namespace that contradicts `-n`."""
    mapping = mapper.by_kind(manifest.api_version, manifest.kind)
    if mapping is None:
        raise CommandError(
            f'resource mapping not found for name: "{manifest.name}" namespace: "{manifest.namespace}" from '
            f'"{manifest.source}": no matches for kind "{manifest.kind}" in version "{manifest.api_version}"\n'
            "ensure CRDs are installed first",
            prefix=True,
        )
    asked = session.flags.namespace
    if mapping.namespaced and asked and manifest.namespace and manifest.namespace != asked:
        raise CommandError(
            f'the namespace from the provided object "{manifest.namespace}" does not match the namespace '
            f"\"{asked}\". You must pass '--namespace={manifest.namespace}' to perform this operation."
        )
    namespace = (manifest.namespace or session.namespace) if mapping.namespaced else ""
    obj = dict(manifest.object)
    if namespace:
        obj["metadata"] = dict(obj.get("metadata") or {}) | {"namespace": namespace}
    return Target(mapping, manifest.name, namespace, manifest.source, obj, manifest.object)
