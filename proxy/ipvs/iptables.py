"""Writes and checks the iptables rules of `rules.tables`, with whichever iptables this kernel understands.

Called by `proxy.ipvs.kernel`. It calls iptables-save and iptables-restore, a handful of processes at the start, and
`xtables`, which tells whether anybody has changed a rule since. It leaves out single entries, which live in sets.

All rules of a family are restored at once with `--noflush`: naming one of our chains empties it, and nobody else's is
named. Jumps from the built-in chains are added when they are missing.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable

from proxy.ipvs.rules import Table
from proxy.ipvs.xtables import Fingerprint, fingerprint
from proxy.steps import Steps, at_once, run

COMMENT = "kube-lite proxy"


class IptablesError(RuntimeError):
    """iptables failed; the text is what it said."""


def choose(family: int) -> str | None:
    """`iptables` or `iptables-legacy` (`ip6tables...`), the first that this kernel can serve; None: neither.

    Asked by making a chain in a network namespace that lives as long as the question.
    """
    stem = "iptables" if family == 4 else "ip6tables"
    for program in (stem, f"{stem}-legacy"):
        probe = ["unshare", "--net", program, "-w", "5", "-t", "nat", "-N", "KUBE-PROBE"]
        if shutil.which(program) and _run(probe).returncode == 0:
            return program
    return None


class Iptables:
    """The rules of one family."""

    def __init__(self, program: str, tables: list[Table]):
        self._program, self._tables = program, tables
        self._family = 6 if program.startswith("ip6") else 4
        self._as_written: list[str] = []
        self._seen: Fingerprint | None = None

    def ensure(self) -> Steps[bool]:
        """Writes the rules unless they are as it wrote them last. Returns whether it wrote. Raises IptablesError."""
        seen = fingerprint(self._family)
        if seen == self._seen:
            return False
        if self._as_written and self._ours((yield from self._saved())) == self._as_written:
            self._seen = seen  # what was changed is somebody else's
            return False
        self._check(_run([f"{self._program}-restore", "-w", "5", "--noflush"], self.restore_text()))
        self._seen = fingerprint(self._family)
        self._as_written = self._ours(at_once(self._saved()))
        return True

    def restore_text(self) -> str:
        """Input of iptables-restore."""
        present = set(at_once(self._saved()))
        lines: list[str] = []
        for table in self._tables:
            lines.append(f"*{table.name}")
            lines += [f":{chain} - [0:0]" for chain in table.chains]
            lines += [f"-A {chain} {rule}" for chain, rules in table.chains.items() for rule in rules]
            lines += [f"-I {_jump(*jump)}" for jump in table.jumps if f"-A {_jump(*jump)}" not in present]
            lines.append("COMMIT")
        return "\n".join(lines) + "\n"

    def remove(self) -> None:
        """Takes our jumps and chains away; fine when some are gone. Raises IptablesError."""
        present = set(at_once(self._saved()))
        lines: list[str] = []
        for table in self._tables:
            ours = [chain for chain in table.chains if any(p.startswith(f":{chain} ") for p in present)]
            lines.append(f"*{table.name}")
            lines += [f"-D {_jump(*jump)}" for jump in table.jumps if f"-A {_jump(*jump)}" in present]
            lines += [f"-F {chain}" for chain in ours] + [f"-X {chain}" for chain in ours]
            lines.append("COMMIT")
        self._check(_run([f"{self._program}-restore", "-w", "5", "--noflush"], "\n".join(lines) + "\n"))
        self._as_written, self._seen = [], None

    def _ours(self, saved: Iterable[str]) -> list[str]:
        chains = {chain for table in self._tables for chain in table.chains}
        return [line for line in saved if line.startswith("-A ") and _mentions(line.split(), chains)]

    def _saved(self) -> Steps[list[str]]:
        ended = yield from run([f"{self._program}-save"])
        if ended.status:
            raise IptablesError(f"{self._program}-save: {ended.stderr.strip()}")
        return ended.stdout.splitlines()

    def _check(self, done: subprocess.CompletedProcess[str]) -> None:
        if done.returncode:
            raise IptablesError(f"{' '.join(done.args)}: {done.stderr.strip()}")


def _jump(chain: str, target: str) -> str:
    return f'{chain} -m comment --comment "{COMMENT}" -j {target}'


def _mentions(words: list[str], chains: Iterable[str]) -> bool:
    """A rule in one of the chains, or a jump to one."""
    return words[1] in chains or words[-1] in chains


def _run(command: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)
