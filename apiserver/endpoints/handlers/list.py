"""GET of a collection: a consistent snapshot, filtered, in pages where the client wants them.

Called by the router (and by deletecollection). It calls the store.

| request | resourceVersion unset | "0" | other |
|---|---|---|---|
| list, no limit | latest | any | not older than |
| list, limit, first page | latest | any | exact |
| list, continue | that of the token | as unset | 400 |
| resourceVersionMatch=Exact | 422 | 422 | exact, else 410 |
| resourceVersionMatch=NotOlderThan | 422 | any | not older than |

When the revision is gone (410), whoever was reading page by page gets a token with which the rest can be read as it is
now; client-go's pager and kubectl use it.

Source: k8s.io/apiserver/pkg/storage/cacher, storage/etcd3/errors.go, KEP-2340.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from apiserver.endpoints import protobuf
from apiserver.endpoints.continue_token import decode_continue, encode_continue
from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.facts import Filter
from apiserver.endpoints.negotiation import BINARY, PROTOBUF
from apiserver.endpoints.options import ListOptions, list_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.selectors import filter_of
from apiserver.endpoints.views import list_body, list_metadata, list_start
from apiserver.storage.interface import Items, Stored
from kube.apimachinery.errors import BadRequest, Expired

_CHUNK = 1000
_TOO_OLD = "The resourceVersion for the provided list is too old."
_TOKEN_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(slots=True)
class Selected:
    """The objects of one page. `tail`: their JSON up to the list's end, where the store has it ready."""

    items: list[Stored] | Items
    revision: int
    continue_token: str = ""
    remaining: int | None = None
    tail: bytes | None = None


async def list_(endpoint: Endpoint, request: Request) -> Response:
    """200 with the list."""
    page = await select(endpoint, request, list_options(request.query, watch=False))
    what = page.revision, page.continue_token, page.remaining
    if request.output == BINARY:
        head, tail = protobuf.list_body(endpoint.resource, page.items, list_metadata(*what))
        return Response(head, tail=tail, media_type=PROTOBUF, packed=_packed(page.items))
    if page.tail is not None:
        return Response(list_start(endpoint.resource, *what), tail=page.tail, packed=_packed(page.items))
    include = request.query.get("includeObject", "")
    return Response(list_body(endpoint.resource, [s.wire for s in page.items], request.output, include, *what))


def _packed(items: list[Stored] | Items) -> dict[str, bytes] | None:
    return items.packed if isinstance(items, Items) else None


async def select(endpoint: Endpoint, request: Request, options: ListOptions) -> Selected:
    """The page that was asked for. Raises BadRequest, Expired, Timeout."""
    wanted = filter_of(endpoint, request.info, options)
    after = ""
    if options.continue_token:
        options, after = _continued(options)
    elif options.limit and options.revision:
        options = replace(options, exact=True)
    if options.limit and options.revision == 0 and not after:
        options = replace(options, limit=0)  # from the cache the whole list costs as little
    try:
        if wanted.empty:
            return await _whole(endpoint, request, options, after)
        return await _filtered(endpoint, request, options, after, wanted)
    except Expired as error:
        raise _expired(after) from error


def _expired(after: str) -> Expired:
    """In the words of a client's list. `after`: where its token says to go on, empty without one."""
    if not after:
        return Expired(_TOO_OLD)
    return Expired(_TOKEN_TOO_OLD, continue_token=encode_continue(after, -1))


def _continued(options: ListOptions) -> tuple[ListOptions, str]:
    if options.resource_version not in ("", "0"):
        raise BadRequest("specifying resource version is not allowed when using continue")
    after, revision = decode_continue(options.continue_token)
    if revision < 0:
        return replace(options, revision=None), after
    return replace(options, revision=revision, exact=True), after


async def _whole(endpoint: Endpoint, request: Request, options: ListOptions, after: str) -> Selected:
    store, namespace = endpoint.store, request.info.namespace
    page = await store.list(namespace, revision=options.revision, exact=options.exact, limit=options.limit, after=after)
    token, remaining = "", None
    if page.continue_key:
        prefix = store.list_prefix(namespace)
        token, remaining = encode_continue(page.continue_key.removeprefix(prefix), page.revision), page.remaining
    tail = None
    if isinstance(page.items, Items) and not request.output.as_kind and request.output != BINARY:
        tail = page.items.tail
    return Selected(page.items, page.revision, token, remaining, tail)  # type: ignore[arg-type]


async def _filtered(endpoint: Endpoint, request: Request, options: ListOptions, after: str, wanted: Filter) -> Selected:
    """Reads on until the page is full of objects that match."""
    store, namespace = endpoint.store, request.info.namespace
    prefix = store.list_prefix(namespace)
    found: list[Stored] = []
    revision, exact = options.revision, options.exact
    while True:
        page = await store.list(
            namespace, revision=revision, exact=exact, limit=_CHUNK if options.limit else 0, after=after
        )
        revision, exact = page.revision, True
        for stored in page.items:
            if not wanted.matches(stored):
                continue
            if options.limit and len(found) == options.limit:
                token = encode_continue(found[-1].key.removeprefix(prefix), revision)
                return Selected(found, revision, token)
            found.append(stored)
        if not page.continue_key:
            return Selected(found, revision)
        after = page.continue_key.removeprefix(prefix)
