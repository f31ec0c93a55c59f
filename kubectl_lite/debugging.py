"""Questions to nodes and controllers that are no API objects: what a proxy knows, what listens, one request from there.

Called by `why`, `trace` and `timeline`. It calls the session: everything goes through the API server, so that a
kubeconfig is enough (`get` on `nodes/proxy`; `/debug/*` for the controllers). A question that fails is no exception:
the answer says why, and the caller goes on with the rest.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session

if TYPE_CHECKING:
    from kube.apimachinery.errors import StatusError

Json = dict[str, Any]
SECONDS = 12.0


class Said(NamedTuple):
    """`answer` is None when there was none; then `error` says why."""

    answer: Any = None
    error: str = ""


async def ask(session: Session, path: str, /, **query: Any) -> Said:
    """GET, whatever may go wrong. Empty values of the query are left out."""
    from kube.apimachinery.errors import StatusError

    asked = urlencode({key: value for key, value in query.items() if value not in ("", None, False)})
    try:
        async with asyncio.timeout(SECONDS):
            return Said(await session.get(path + (f"?{asked}" if asked else "")))
    except StatusError as error:
        return Said(error=_own_words(error))
    except (CommandError, ValueError) as error:
        return Said(error=str(error))
    except TimeoutError:
        return Said(error=f"no answer within {SECONDS:g} s")


def _own_words(error: StatusError) -> str:
    """What the node itself said, where the client only says that it was no Status."""
    from kube.client.transport import UNEXPECTED_RESPONSE

    causes = error.details.causes if error.details else []
    return next((c.message for c in causes if c.reason == UNEXPECTED_RESPONSE), error.message or str(error))


async def ask_log(session: Session, namespace: str, pod: str, container: str, previous: bool) -> str:
    """The last lines that a container wrote; empty when they cannot be had."""
    from kube.apimachinery.errors import StatusError
    from kube.client.transport import Unreachable

    params = {"container": container, "tailLines": "5", **({"previous": "true"} if previous else {})}
    try:
        async with asyncio.timeout(SECONDS):
            path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
            return (await session.transport.request("GET", path, params=params)).body.decode("utf-8", "replace")
    except (StatusError, Unreachable, TimeoutError):
        return ""


async def ask_node(session: Session, node: str, path: str, /, **query: Any) -> Said:
    """A question to the node's kubelet: `path` is below `/debug/`."""
    return await ask(session, f"/api/v1/nodes/{node}/proxy/debug/{path}", **query)


async def ask_proxy(session: Session, node: str, namespace: str, name: str) -> Said:
    """What the node's proxy knows of a Service."""
    return await ask_node(session, node, f"proxy/services/{namespace}/{name}")


async def ask_flows(session: Session, node: str, end: str) -> list[Json]:
    """conntrack's flows on the node that `ADDRESS:PORT` began, or that are answered to it."""
    address, _, port = end.rpartition(":")
    said = await ask_node(session, node, "proxy/flows", address=address.strip("[]"), port=port)
    return (said.answer or {}).get("flows") or []


async def request_from(session: Session, node: str, pod: tuple[str, str] | None, /, **asked: Any) -> Said:
    """One request (`kube.one_request`) from a pod, or from the node itself."""
    namespace, name = pod or ("", "")
    return await ask_node(session, node, "request", namespace=namespace, pod=name, **asked)


class Named(NamedTuple):
    """A Service and, if one was named, its namespace and port."""

    name: str
    namespace: str = ""
    port: str = ""


def service_named(word: str) -> Named:
    """`service/web`, `svc/web`, `web`, also `web:80` and `web.shop`. Raises CommandError for another kind."""
    kind, slash, rest = word.rpartition("/")
    if not rest or (slash and kind.lower() not in ("service", "services", "svc")):
        raise CommandError(f"a Service is asked for, as in service/NAME, not {word}")
    host, _, port = rest.partition(":")
    name, _, domain = host.partition(".")
    return Named(name, domain.partition(".")[0], port)
