"""How fast kube-lite is: one file a question; `python -m benchmarks` runs all, `python -m benchmarks NAME` one.

A file of this folder is a benchmark when it has a function `run`; the first line of its docstring is its question. The
runner (`__main__.py`) calls each with the same `Settings`, collects the rows, writes them as JSON and prints a table.

    def run(settings: Settings) -> Iterable[Row]:
        if not shutil.which("nft"):
            raise Skip("nft is not installed")
        yield Row("sync of 1,000 Services", "s", samples, more_is_better=False, target=0.5)

Rules: a row holds the samples as they were measured (one number for each repetition), never a mean of them. A row says
what was measured, in what unit, and whether more is better. Where two things are compared in the same run (another API
server, `ipvsadm --restore`, a bare framework), the compared one is a row of the same name with another `subject`, and
the runner prints the ratio. A benchmark that cannot run here raises `Skip` with the reason. It cleans up what it
started, also when it is interrupted. What only some benchmarks need (an etcd, a load generator) is a module without
`run` beside them. A benchmark that needs a place of its own (a network namespace, a guest) starts itself there again
and reads its rows back, one JSON object a line (`Row.to_json`, `Row.from_json`).
"""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass

OURS = "kube-lite"


class Skip(Exception):
    """This benchmark cannot run here; the text says why."""


@dataclass(frozen=True)
class Peer:
    """Another Kubernetes API server, to put under the same load. `pid` is 0 when it is unknown or elsewhere."""

    url: str
    token: str
    pid: int = 0


@dataclass(frozen=True)
class Settings:
    """What the command line says. Benchmarks scale their work by `scale` and repeat it `repeat` times."""

    repeat: int = 3
    scale: float = 1.0
    """1: as documented; less for a quick look (0.1), more for a quiet hour."""
    peer: Peer | None = None
    workers: int = 1
    """`--workers` of our API server."""
    minutes: float = 10.0
    """How long a soak lasts."""

    def scaled(self, count: int) -> int:
        """That many, at this scale; at least one."""
        return max(1, round(count * self.scale))


@dataclass(frozen=True)
class Row:
    """One measured thing. `samples` has a number for each repetition."""

    name: str
    unit: str
    samples: tuple[float, ...]
    more_is_better: bool = True
    subject: str = OURS
    """Who was measured: kube-lite, or what it is compared with."""
    target: float | None = None
    """What is asked for, in the row's unit."""
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def spread(self) -> float:
        """Half the distance between the smallest and the largest sample, as a share of the median."""
        return (max(self.samples) - min(self.samples)) / 2 / self.median if self.median else 0.0

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Row:
        fields = json.loads(text)
        return cls(**{**fields, "samples": tuple(fields["samples"])})
