"""HTTP to the API server: the one door to httpx. One pool of keep-alive connections, errors as `StatusError`s.

Called by `kube.client.client`, and through `Client.request` and `Client.stream` by what has no type (discovery, logs).
It calls `kube.client.pool` with httpx's requests, below httpx's client layer, which would add cookies, redirects and
their cost to every request. It leaves out types and URLs of kinds.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

import httpx
from pydantic import ValidationError

from kube.apimachinery.errors import StatusError, from_status
from kube.apimachinery.meta_v1 import Status, StatusCause, StatusDetails
from kube.client.config import ClientConfig
from kube.client.exec_plugin import Credentials, CredentialsError
from kube.client.pool import Pool
from kube.clock import Clock, RealClock
from kube.metrics import Counter

REQUESTS = Counter(
    "rest_client_requests_total",
    "Number of HTTP requests, partitioned by status code, method, and host.",
    ("code", "host", "method"),
)

MAX_RETRIES = 10
REQUEST_TIMEOUT = 60.0
CONNECT_TIMEOUT = 10.0
MAX_BODY_IN_ERROR = 1024


class Unreachable(Exception):
    """No answer came: refused, reset, timed out. `sent` says whether the server may have acted on the request.

    `cause` is why, in Go's words; the text names the request before it, as client-go's errors do.
    """

    def __init__(self, cause: str, *, sent: bool, request: str = ""):
        super().__init__(f"{request}: {cause}" if request else cause)
        self.cause, self.sent = cause, sent


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer with a status below 400."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that is still coming."""

    status: int
    headers: httpx.Headers
    _chunks: AsyncIterator[bytes]

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; ends with it. Raises Unreachable when the connection breaks."""
        try:
            async for chunk in self._chunks:
                yield chunk
        except (httpx.TransportError, httpx.StreamError) as error:
            raise Unreachable(_text(error), sent=True) from error


class Observer(Protocol):
    """Is told of every request and answer. `kubectl_lite -v=8` prints them."""

    def asked(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> None: ...

    def answered(self, status: int, reason: str, headers: Sequence[tuple[str, str]]) -> None:
        """`status` 0: there was no answer."""

    def read(self, body: bytes) -> None: ...


class Transport:
    """Sends requests to one server.

    1. An answer of 400 or more is raised as the StatusError that its body names.
    2. "Too many requests" is retried after the time that the server asks for, up to 10 times.
    3. A GET whose kept-alive connection turned out to be closed is sent again once; a write never is, unless the
       connection could not be made.
    """

    def __init__(
        self, config: ClientConfig, *, user_agent: str = "kube-lite", clock: Clock | None = None,
        observer: Observer | None = None,
    ):  # fmt: skip
        self.config, self._observer = config, observer
        self._clock = clock or RealClock()
        self._headers = [("User-Agent", user_agent), ("Accept", "application/json")]
        self._base = httpx.URL(config.server)
        self._host = self._base.netloc.decode()
        self._prefix = self._base.raw_path.rstrip(b"/")
        self._pool: Pool | None = None if config.plugin else self._made_pool()

    def _made_pool(self) -> Pool:
        config = self.config
        return Pool(self._base, config.ssl_context(), config.tls_server_name, proxy_url=config.proxy_url,
                    authorities=config.ca_data)  # fmt: skip

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def _credentials(self) -> Credentials | None:
        """Runs the plugin, where there is one and it has to be, beside the event loop; its certificate is used from
        then on."""
        plugin = self.config.plugin
        if plugin is None:
            return None
        before, found = plugin.held, await asyncio.to_thread(plugin.credentials)
        if self._pool is None or (found is not before and found.cert_data):
            await self.close()
            self._pool = self._made_pool()
        return found

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        timeout: float = REQUEST_TIMEOUT,
    ) -> Response:
        """Sends and reads all. Raises StatusError for an answer of 400 or more, Unreachable for none."""
        used: Credentials | None = None
        for attempt in range(MAX_RETRIES + 1):
            request, used = await self._build(method, path, params, body, content_type, headers, timeout)
            answer = await self._send(request, resend=method == "GET")
            try:
                content = await answer.aread()
            except httpx.TransportError as error:
                raise Unreachable(_text(error), sent=True, request=self._named(request)) from error
            finally:
                await answer.aclose()
            if self._observer:
                self._observer.read(content)
            if answer.status_code == 401 and self.config.plugin:
                self.config.plugin.refused(used)
            if answer.status_code < 400:
                return Response(answer.status_code, answer.headers, content)
            if answer.status_code != 429 or "retry-after" not in answer.headers or attempt == MAX_RETRIES:
                raise error_from(answer.status_code, content)
            await self._clock.sleep(_seconds(answer.headers["retry-after"]) * random.uniform(1.0, 1.1))
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
        raises: bool = True,
    ) -> AsyncIterator[Stream]:
        """As `request`, but the body is read as it comes. The connection is closed on leaving the block.

        Without `raises` an answer of 400 or more is a stream like any other.
        """
        request, _ = await self._build(method, path, params, body, "application/json", headers, read_timeout)
        answer = await self._send(request, resend=method == "GET")
        try:
            if raises and answer.status_code >= 400:
                raise error_from(answer.status_code, await answer.aread())
            yield Stream(answer.status_code, answer.headers, answer.aiter_bytes())
        finally:
            await asyncio.shield(answer.aclose())

    async def _build(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: bytes | None,
        content_type: str,
        headers: Mapping[str, str] | None,
        timeout: float | None,
    ) -> tuple[httpx.Request, Credentials | None]:
        try:
            used = await self._credentials()
        except CredentialsError as why:
            named = f'{method.capitalize()} "{self.config.server}{path}"'
            raise Unreachable(str(why), sent=False, request=named) from why
        raw = self._prefix + path.encode()
        if params:
            raw += (b"&" if b"?" in raw else b"?") + urlencode(params).encode()
        all_headers = [("Host", self._host), *self._headers, *self.config.identity()]
        if body is not None:
            all_headers += [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        if headers:
            all_headers = [pair for pair in all_headers if pair[0] not in headers] + list(headers.items())
        timeouts = {"connect": CONNECT_TIMEOUT, "read": timeout, "write": REQUEST_TIMEOUT, "pool": None}
        request = httpx.Request(
            method,
            self._base,
            headers=all_headers,
            stream=httpx.ByteStream(body or b""),
            extensions={"timeout": timeouts, "target": raw},
        )
        return request, used

    def _named(self, request: httpx.Request) -> str:
        """As Go's url.Error begins."""
        return f'{request.method.capitalize()} "{self._url(request)}"'

    def _url(self, request: httpx.Request) -> str:
        return f"{self._base.scheme}://{self._host}{request.extensions['target'].decode()}"

    async def _send(self, request: httpx.Request, *, resend: bool) -> httpx.Response:
        if self._observer is None:
            return await self._sent(request, resend=resend)
        headers = [(_canonical(k), v) for k, v in request.headers.multi_items() if k not in ("host", "content-length")]
        self._observer.asked(request.method, self._url(request), headers, request.stream._stream)  # type: ignore[attr-defined]
        try:
            answer = await self._sent(request, resend=resend)
        except Unreachable:
            self._observer.answered(0, "", [])
            raise
        shown = [(_canonical(k), v) for k, v in answer.headers.multi_items()]
        self._observer.answered(answer.status_code, answer.reason_phrase, shown)
        return answer

    async def _sent(self, request: httpx.Request, *, resend: bool) -> httpx.Response:
        assert self._pool is not None
        try:
            answer = await self._pool.handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            REQUESTS.inc("<error>", self._host, request.method)
            raise Unreachable(_text(error), sent=False, request=self._named(request)) from error
        except httpx.TimeoutException as error:
            REQUESTS.inc("<error>", self._host, request.method)
            raise Unreachable(_text(error), sent=True, request=self._named(request)) from error
        except httpx.TransportError as error:
            if resend:
                return await self._sent(request, resend=False)
            REQUESTS.inc("<error>", self._host, request.method)
            raise Unreachable(_text(error), sent=True, request=self._named(request)) from error
        REQUESTS.inc(str(answer.status_code), self._host, request.method)
        answer.request = request
        return answer


_WITHOUT_STATUS = {
    400: "the server rejected our request for an unknown reason",
    401: "the server has asked for the client to provide credentials",
    404: "the server could not find the requested resource",
    405: "the server does not allow this method on the requested resource",
    409: "the server reported a conflict",
    422: "the server rejected our request due to an error in our request",
    429: "the server has received too many requests and has asked us to try again later",
    503: "the server is currently unable to handle the request",
    504: "the server was unable to return a response in the time allotted, but may still be processing the request",
}
"""What client-go says for an answer that is no Status, whatever its text.
Source: k8s.io/apimachinery/pkg/api/errors, NewGenericServerResponse."""
INTERNAL_ERROR = "InternalError"
UNEXPECTED_RESPONSE = "UnexpectedServerResponse"
"""The reason of the cause that keeps the text of such an answer."""


def _without_status(code: int, text: str) -> str:
    if code in _WITHOUT_STATUS:
        return _WITHOUT_STATUS[code]
    if code >= 500:
        return f"an error on the server ({json.dumps(text or 'unknown')}) has prevented the request from succeeding"
    return text or f"the server responded with the status code {code} but did not return more information"


def error_from(code: int, body: bytes) -> StatusError:
    """The exception for an answer of 400 or more: what its Status says, or its text when it is none."""
    try:
        status = Status.from_json(body)
    except ValidationError:
        status = Status()
    if status.kind != "Status" or not (status.message or status.reason):
        text = body[:MAX_BODY_IN_ERROR].decode(errors="replace").strip()
        cause = StatusCause(reason=UNEXPECTED_RESPONSE, message=text or "unknown")
        details = StatusDetails(causes=[cause])
        reason = INTERNAL_ERROR if code >= 500 and code not in _WITHOUT_STATUS else ""
        status = Status(
            status="Failure", reason=reason, message=_without_status(code, text), code=code, details=details
        )
    if not status.code:
        status.code = code
    error = from_status(status)
    error.code = status.code
    return error


def _canonical(name: str) -> str:
    """As Go writes a header's name."""
    return "-".join(word.capitalize() for word in name.split("-"))


def _text(error: Exception) -> str:
    return str(error) or type(error).__name__


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdigit() else 1.0
