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

_ALWAYS = frozenset({"metadata.name", "metadata.namespace", ""})


def filter_of(endpoint: Endpoint, info: RequestInfo, options: ListOptions) -> Filter:
    """Raises BadRequest in the parser's words, or for a field the kind does not offer."""
    text = options.field_selector
    if info.name:  # the obsolete way to watch one object
        text = ",".join(filter(None, (text, f"metadata.name={info.name}")))
    try:
        by_label = labels.parse(options.label_selector) if options.label_selector else _EVERY_LABEL
        by_field = fields.parse(text) if text else _EVERY_FIELD
    except ValueError as error:
        raise BadRequest(str(error)) from error
    known = endpoint.store.strategy.field_labels
    by_field.check(_ALWAYS | known, _not_offered if known else _unknown)
    return Filter(endpoint.resource, endpoint.store.strategy, by_label, by_field)


_EVERY_LABEL = labels.parse("")
_EVERY_FIELD = fields.parse("")


def _not_offered(field: str) -> BadRequest:
    return BadRequest(f"field label not supported: {field}")


def _unknown(field: str) -> BadRequest:
    return BadRequest(f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"')
