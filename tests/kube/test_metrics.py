"""The text format of metrics."""

from __future__ import annotations

import pytest

from kube.metrics import Counter, Gauge, Histogram, Registry, exponential_buckets


def test_the_page() -> None:
    registry = Registry()
    counter = Counter("requests_total", "Requests.", ("code", "verb"), registry)
    counter.inc("200", "GET")
    counter.inc("200", "GET", by=2)
    counter.inc('4"0\\4', "GET\n")
    Gauge("depth", "Depth.", (), registry).track(lambda: 7)
    histogram = Histogram("seconds", "Seconds.", ("name",), (0.1, 1), registry)
    for value in (0.1, 0.5, 3):
        histogram.observe(value, "a")
    assert registry.render() == (
        "# HELP depth Depth.\n# TYPE depth gauge\ndepth 7\n"
        "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
        'requests_total{code="200",verb="GET"} 3\n'
        'requests_total{code="4\\"0\\\\4",verb="GET\\n"} 1\n'
        "# HELP seconds Seconds.\n# TYPE seconds histogram\n"
        'seconds_bucket{name="a",le="0.1"} 1\nseconds_bucket{name="a",le="1"} 2\n'
        'seconds_bucket{name="a",le="+Inf"} 3\nseconds_sum{name="a"} 3.6\nseconds_count{name="a"} 3\n'
    )


def test_a_name_is_taken_once() -> None:
    registry = Registry()
    Counter("a", "", (), registry)
    with pytest.raises(ValueError, match="registered already"):
        Counter("a", "", (), registry)


def test_exponential_buckets() -> None:
    assert exponential_buckets(1, 2, 4) == (1, 2, 4, 8)
