"""`python -m lab.uml [options] -- CMD [ARG...]`: runs one command in a throw-away guest.

The guest sees the host's file tree; what it writes stays in its memory, except below `--writable` directories.
Standard output and error are streamed. The exit status is the command's own, 124 when the time limit passed,
125 when the guest died without reporting, 128+N when this process was ended by signal N.
"""

from __future__ import annotations

import argparse
import os
import sys

from lab.uml.guest import MODULES, Guest
from lab.uml.supervisor import supervise


def main(argv: list[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        _parser().error("no command")
    return supervise(
        Guest(
            tuple(command),
            memory=options.memory,
            timeout=options.timeout or None,
            writable=tuple(options.writable),
            hostname=options.hostname,
            net=tuple(options.net),
            cpu=options.cpu,
            kernel=options.kernel,
            modules=tuple(options.modules.split()),
            harden=not options.no_harden,
            verbose=options.verbose,
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.uml", description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--memory", default="1G", help="the guest's memory; the host's pages are used only once touched")
    add("--timeout", type=float, default=600, metavar="S", help="limit for boot and command together; 0: none")
    add("--writable", action="append", default=[], metavar="DIR", help="host directory the guest may really write to")
    add("--hostname", default="guest")
    add("--net", action="append", default=[], metavar="SPEC", help="a card: vec0:transport=tap,ifname=tap0,...")
    add("--cpu", default="auto", metavar="N|auto|any", help="host CPU to stay on (default: one picked at random)")
    add("--modules", default=" ".join(MODULES), help="kernel modules to load, instead of the default list")
    add("--kernel", default=os.environ.get("UML_KERNEL", "linux.uml"))
    add("--no-harden", action="store_true", help="as root: do not make the host's file tree read-only for the guest")
    add("--verbose", action="store_true", help="also show the guest kernel's messages")
    add("command", nargs=argparse.REMAINDER)
    return parser


if __name__ == "__main__":
    sys.exit(main())
