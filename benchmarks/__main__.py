"""`python -m benchmarks [ONLY ...]`: runs the benchmarks, writes their rows as JSON and prints them as a table.

Called by `make bench`. It calls `run` of every module of this folder that has one (see `benchmarks/__init__.py`), and
`report`. It leaves out long ones (`LONG = True` in the module) unless they are named.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import benchmarks
from benchmarks import Peer, Row, Settings, Skip, report


def modules(only: Sequence[str]) -> Iterator[ModuleType]:
    """The benchmarks that are wanted: those named (or whose name begins so), or all short ones."""
    for info in pkgutil.iter_modules(benchmarks.__path__):
        if info.name.startswith("__") or (only and not any(info.name.startswith(name) for name in only)):
            continue
        module = importlib.import_module(f"benchmarks.{info.name}")
        if hasattr(module, "run") and (only or not getattr(module, "LONG", False)):
            yield module


def collect(module: ModuleType, settings: Settings) -> Iterator[Row]:
    """The rows of one benchmark, each shown as soon as it is there."""
    name = module.__name__.rpartition(".")[2]
    print(f"# {name}: {(module.__doc__ or '').splitlines()[0]}", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        for row in module.run(settings):
            print("  " + report.line(row), file=sys.stderr, flush=True)
            yield row
    except Skip as why:
        print(f"  skipped: {why}", file=sys.stderr)
    print(f"  ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)


def settings_of(given: argparse.Namespace) -> Settings:
    peer = Peer(given.peer, given.peer_token, given.peer_pid) if given.peer else None
    return Settings(given.repeat, given.scale, peer, given.workers, given.minutes)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("only", nargs="*", help="names of benchmarks, or what they begin with")
    parser.add_argument("--peer", default="", metavar="https://HOST:PORT", help="another API server to compare with")
    parser.add_argument("--peer-token", default="", help="a bearer token of that server's administrator")
    parser.add_argument("--peer-pid", type=int, default=0, help="its process, to measure CPU and memory")
    parser.add_argument("--repeat", type=int, default=3, help="how often each thing is measured (default 3)")
    parser.add_argument("--scale", type=float, default=1.0, help="how much work: 0.1 for a quick look (default 1)")
    parser.add_argument("--workers", type=int, default=1, help="--workers of our API server (default 1)")
    parser.add_argument("--minutes", type=float, default=10, help="how long a soak lasts (default 10)")
    parser.add_argument("--json", type=Path, default=Path(".cache/benchmarks.json"), help="where the rows are written")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 when anything was measured."""
    given = arguments(argv)
    settings, facts = settings_of(given), report.machine()
    rows = [row for module in modules(given.only) for row in collect(module, settings)]
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(report.as_json(rows, facts))
    print(report.table(rows, facts))
    return 0 if rows else 1


if __name__ == "__main__":
    sys.exit(main())
