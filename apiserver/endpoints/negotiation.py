"""What form the client wants the answer in: the Accept header against what this server can write.

Called once a request by the router and by what writes errors. It calls nothing. A Table has no protobuf: who asks for
one falls to the next form that the header names. Source: k8s.io/apiserver/pkg/endpoints/handlers/negotiation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kube.apimachinery.errors import NotAcceptable
from kube.apimachinery.meta_v1 import StatusDetails

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
_MEDIA = {JSON: JSON, YAML: YAML, PROTOBUF: PROTOBUF, "*/*": JSON, "application/*": ""}
_AS = frozenset({"Table", "PartialObjectMetadata", "PartialObjectMetadataList"})
AVAILABLE = f"{JSON}, {YAML}, {PROTOBUF}"
AVAILABLE_STREAMS = f"{JSON};stream=watch, {PROTOBUF};stream=watch"


@dataclass(frozen=True, slots=True)
class Output:
    """The chosen form: the media type, and what to convert the object to (empty: itself)."""

    media_type: str = JSON
    as_kind: str = ""
    as_version: str = ""
    as_group: str = ""

    @property
    def plain(self) -> bool:
        """Whether the stored bytes can be sent as they are."""
        return not self.as_kind and self.media_type == JSON


PLAIN, BINARY = Output(), Output(PROTOBUF)


@dataclass(frozen=True, slots=True)
class Clause:
    """One media range of an Accept header with its parameters."""

    media: str
    params: tuple[tuple[str, str], ...]
    quality: float

    def get(self, name: str) -> str:
        return dict(self.params).get(name, "")


@lru_cache(maxsize=512)
def clauses(accept: str) -> tuple[Clause, ...]:
    """The media ranges in order of preference (quality, then the order in which they stand)."""
    found = []
    for text in accept.split(","):
        head, *params = (part.strip() for part in text.split(";"))
        pairs = tuple((k.strip(), v.strip().strip('"')) for k, _, v in (p.partition("=") for p in params))
        try:
            quality = float(dict(pairs).get("q", "1"))
        except ValueError:
            quality = 1.0
        found.append(Clause(head.lower(), pairs, quality))
    return tuple(sorted(found, key=lambda c: -c.quality))


@lru_cache(maxsize=512)
def negotiate(accept: str) -> Output | None:
    """The form for an API object; None when the client accepts no media type that this server writes. Raises
    NotAcceptable for a form of a known media type that it does not know."""
    if not accept:
        return PLAIN
    known = False
    for clause in clauses(accept):
        media = _MEDIA.get(clause.media, "")
        if not media:
            continue
        known = True
        kind = clause.get("as")
        if not kind:
            return Output(media)
        if kind == "Table" and media == PROTOBUF:
            continue
        if kind in _AS and clause.get("g") == "meta.k8s.io" and clause.get("v") in ("v1", "v1beta1"):
            return Output(media, kind, clause.get("v"), clause.get("g"))
    if known:
        raise NotAcceptable(f"only the following media types are accepted: {AVAILABLE}")
    return None


def not_acceptable(of_collection: bool) -> NotAcceptable:
    """For API objects; discovery documents word it differently (see `plain_media`)."""
    available = f"{AVAILABLE}, {AVAILABLE_STREAMS}" if of_collection else AVAILABLE
    return NotAcceptable(f"406: Not Acceptable\n\nAvailable representations: {available}", StatusDetails())


def no_stream() -> NotAcceptable:
    """For a form in which no events can be sent."""
    return NotAcceptable(f"only the following media types are accepted: {AVAILABLE_STREAMS}")


@lru_cache(maxsize=512)
def error_media(accept: str) -> str:
    """The media type for an error, which has one form only; JSON where none that was asked for will do."""
    for clause in clauses(accept) if accept else ():
        if (media := _MEDIA.get(clause.media, "")) and not clause.get("as"):
            return media
    return JSON


def check_json(accept: str) -> None:
    """For what has no other form. Raises NotAcceptable."""
    if accept and not any(clause.media in (JSON, "*/*") for clause in clauses(accept)):
        raise NotAcceptable(f"406: Not Acceptable\n\nAvailable representations: {JSON}", StatusDetails())


def plain_media(accept: str) -> str:
    """The media type for a discovery document. Raises NotAcceptable."""
    for clause in clauses(accept) if accept else (Clause(JSON, (), 1.0),):
        if media := _MEDIA.get(clause.media, ""):
            return media
    raise NotAcceptable(f"only the following media types are accepted: {AVAILABLE}")
