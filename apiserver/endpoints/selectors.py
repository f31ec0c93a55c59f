"""The label and field selectors of a request, checked against what the kind offers.

Called by the list, watch and deletecollection handlers. It calls the parsers of `kube.apimachinery`.
Source: apimachinery's field label conversion functions.
"""

from __future__ import annotations

from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.facts import Filter
from apiserver.endpoints.options import ListOptions
from apiserver.endpoints.request_info import RequestInfo
from kube.apimachinery import fields, labels
from kube.apimachinery.errors import BadRequest

_ALWAYS = frozenset({"metadata.name", "metadata.namespace"})


def filter_of(endpoint: Endpoint, info: RequestInfo, options: ListOptions) -> Filter:
    """Raises BadRequest in the parser's words, or for a field the kind does not offer."""
    text = options.field_selector
    if info.name:  # the obsolete way to watch one object
        text = ",".join(filter(None, (text, f"metadata.name={info.name}")))
    by_label = labels.parse(options.label_selector) if options.label_selector else _EVERY_LABEL
    by_field = _parse_fields(text) if text else _EVERY_FIELD
    for field in by_field.fields():
        _check_field(endpoint, field)
    return Filter(endpoint.resource, endpoint.store.strategy, by_label, by_field)


_EVERY_LABEL = labels.parse("")
_EVERY_FIELD = fields.parse("")


def _parse_fields(text: str) -> fields.Selector:
    return fields.parse(text)


def _check_field(endpoint: Endpoint, field: str) -> None:
    known = endpoint.store.strategy.field_labels
    if field in _ALWAYS or field in known:
        return
    if known:
        raise BadRequest(f"field label not supported: {field}")
    names = '"metadata.name", "metadata.namespace"'
    raise BadRequest(f'"{field}" is not a known field selector: only {names}')
