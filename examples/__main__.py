"""`python -m examples` (`make examples`): the five types of Service, live, in both proxy modes.

It starts a lab for each mode, runs the READMEs in it, and ends it. The exit code is 1 when any output was not what
its README says. It calls `examples.runner`.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from examples import nameserver, runner
from examples.readme import MODES


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m examples", description=__doc__.split("\n\n")[0])
    parser.add_argument("--mode", choices=MODES, action="append", help="proxy mode (repeatable; default: both)")
    parser.add_argument("--only", type=int, action="append", metavar="N", help="run this example (repeatable)")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))  # unwinds, so that the lab is ended
    chosen = [example for example in runner.examples() if not options.only or example.number in options.only]
    wrong = []
    with nameserver.serving() as upstream:
        for mode in options.mode or ("nftables", "ipvs"):
            wrong += _run_mode(mode, chosen, upstream)
    print("\n" + ("\n".join(wrong) or f"all as their READMEs say: {', '.join(one.name for one in chosen)}"))
    return 1 if wrong else 0


def _run_mode(mode: str, chosen: list[runner.Example], upstream: str) -> list[str]:
    """What was wrong."""
    wrong = []
    print(f"\n======== proxy mode {mode} ========", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="examples-") as home, runner.lab(mode, Path(home), upstream) as where:
            for example in chosen:
                print(f"\n---- {mode}: {example.name} ----", flush=True)
                try:
                    runner.run(example, mode, where)
                except runner.Mismatch as difference:
                    print(f"NOT AS EXPECTED: {difference}", flush=True)
                    wrong.append(f"{mode}: {difference}")
    except runner.Mismatch as failure:
        wrong.append(f"{mode}: {failure}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
