"""Metrics in the Prometheus text format: counters, gauges and histograms with labels, and the page that shows them.

Called by every process that serves `/metrics`. It calls nothing. Names, labels and buckets are upstream's where
Kubernetes has the metric, so that existing dashboards work. It leaves out pushing, summaries and exemplars.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def exponential_buckets(start: float, factor: float, count: int) -> tuple[float, ...]:
    """`count` upper bounds, each `factor` times the one before, as client_golang's ExponentialBuckets."""
    return tuple(start * factor**i for i in range(count))


class Metric:
    """One family: a name, a sentence of help, label names, and one value for each combination of label values."""

    kind = "untyped"

    def __init__(self, name: str, help: str, labels: Sequence[str] = (), registry: Registry | None = None):
        self.name, self.help, self.label_names = name, help, tuple(labels)
        self.values: dict[tuple[str, ...], float] = {}
        self.function: Callable[[], float] | None = None
        (REGISTRY if registry is None else registry).register(self)
        if not self.label_names:
            self._zero(())

    def _zero(self, values: tuple[str, ...]) -> None:
        self.values[values] = 0.0

    def remove(self, *label_values: str) -> None:
        """Forgets one combination of label values."""
        self.values.pop(label_values, None)

    def samples(self) -> Iterator[str]:
        if self.function is not None:
            self.values[()] = float(self.function())
        for values, number in self.values.items():
            yield f"{self.name}{_labels(self.label_names, values)} {_number(number)}"


class Counter(Metric):
    """A number that only grows."""

    kind = "counter"

    def inc(self, *label_values: str, by: float = 1.0) -> None:
        self.values[label_values] = self.values.get(label_values, 0.0) + by


class Gauge(Metric):
    """A number that goes up and down; with `track`, one that is asked when the page is made."""

    kind = "gauge"

    def set(self, value: float, *label_values: str) -> None:
        self.values[label_values] = value

    def inc(self, *label_values: str, by: float = 1.0) -> None:
        self.values[label_values] = self.values.get(label_values, 0.0) + by

    def dec(self, *label_values: str, by: float = 1.0) -> None:
        self.inc(*label_values, by=-by)

    def track(self, function: Callable[[], float]) -> None:
        """From now on the value (of the gauge without labels) is what the function returns."""
        self.function = function


class Histogram(Metric):
    """How many observations fell under each bound, their sum and their count."""

    kind = "histogram"

    def __init__(
        self,
        name: str,
        help: str,
        labels: Sequence[str] = (),
        buckets: Sequence[float] = DEFAULT_BUCKETS,
        registry: Registry | None = None,
    ):
        self.bounds = tuple(buckets)
        self._counts: dict[tuple[str, ...], list[int]] = {}
        self._sums: dict[tuple[str, ...], float] = {}
        super().__init__(name, help, labels, registry)

    def _zero(self, values: tuple[str, ...]) -> None:
        self._counts[values] = [0] * (len(self.bounds) + 1)
        self._sums[values] = 0.0

    def remove(self, *label_values: str) -> None:
        self._counts.pop(label_values, None)
        self._sums.pop(label_values, None)

    def observe(self, value: float, *label_values: str) -> None:
        counts = self._counts.get(label_values)
        if counts is None:
            self._zero(label_values)
            counts = self._counts[label_values]
        counts[bisect.bisect_left(self.bounds, value)] += 1
        self._sums[label_values] += value

    def count(self, *label_values: str) -> int:
        """How many observations there were."""
        return sum(self._counts.get(label_values, ()))

    def samples(self) -> Iterator[str]:
        names = (*self.label_names, "le")
        for values, counts in self._counts.items():
            total = 0
            for bound, count in zip((*self.bounds, float("inf")), counts, strict=True):
                total += count
                yield f"{self.name}_bucket{_labels(names, (*values, _number(bound)))} {total}"
            yield f"{self.name}_sum{_labels(self.label_names, values)} {_number(self._sums[values])}"
            yield f"{self.name}_count{_labels(self.label_names, values)} {total}"


class Registry:
    """A set of metrics; `render` makes the page. Most code uses the process's one, `REGISTRY`."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._metrics

    def register(self, metric: Metric) -> None:
        """Adds a metric. Raises ValueError for a name that is taken."""
        if metric.name in self._metrics:
            raise ValueError(f"metric {metric.name} is registered already")
        self._metrics[metric.name] = metric

    def render(self) -> str:
        """The text page, to be served with `CONTENT_TYPE`."""
        lines: list[str] = []
        for metric in sorted(self._metrics.values(), key=lambda m: m.name):
            lines.append(f"# HELP {metric.name} {metric.help}")
            lines.append(f"# TYPE {metric.name} {metric.kind}")
            lines.extend(metric.samples())
        return "\n".join(lines) + "\n"


REGISTRY = Registry()


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    pairs = (f'{n}="{_escape(v)}"' for n, v in zip(names, values, strict=True))
    return "{" + ",".join(pairs) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
