"""A table of nftables in memory: takes the lines of transactions, prints itself, and can be asked where a packet goes.

It stands for `proxy.nftables.kernel.Nft` in tests. It knows the words that the proxy writes, and fails on any other.
Instead of drawing a number it follows every one: the outcome of a packet is a set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from proxy.nftables.kernel import NftError
from proxy.nftables.lower import Element
from proxy.steps import Steps
from tests.proxy.trace.packet import OWN, Packet, outcome, within

DROPPED, REFUSED = "dropped", "refused"


class NftTable:
    """Stateful fake of nft with one table, `ip kube-proxy`."""

    def __init__(self) -> None:
        self.exists = False
        self.chains: dict[str, list[str]] = {}
        self.hooks: dict[str, str] = {}
        self.sets: dict[str, dict[str, str]] = {}
        self.specs: dict[str, tuple[str, str]] = {}
        self.transactions: list[list[str]] = []
        self._generation = 1

    # ---- proxy.nftables.kernel.Nft ----

    def run(self, lines: Sequence[str]) -> None:
        if not lines:
            return
        self.transactions.append(list(lines))
        saved = (self.exists, *({k: v.copy() for k, v in d.items()} for d in (self.chains, self.sets)))
        hooks, specs = self.hooks.copy(), self.specs.copy()
        try:
            for line in lines:
                self._line(line)
        except NftError:
            self.exists, self.chains, self.sets = saved
            self.hooks, self.specs = hooks, specs
            raise
        self._generation += 1

    def generation(self) -> int:
        return self._generation

    def touch(self) -> None:
        """Somebody else changed the ruleset."""
        self._generation += 1

    def close(self) -> None:
        pass

    def list_chains(self, ip: str) -> str:
        return self.list_table(ip)

    def get_elements(self, ip: str, elements: Iterable[Element]) -> list[str]:
        """More than was asked for: the whole table."""
        return [self.list_table(ip)]

    def list_table(self, ip: str) -> str:
        if not self.exists:
            return ""
        return f"table {ip} kube-proxy {{\n{''.join(self._blocks())}}}\n"

    dump = list_table

    def listing(self, ip: str) -> Steps[str]:
        yield
        return self.list_table(ip)

    def printed(self, lines: Sequence[str], ip: str) -> str:
        elsewhere = NftTable()
        elsewhere.run(lines)
        return elsewhere.list_table(ip)

    def _blocks(self) -> Iterator[str]:
        for name, (kind, spec) in self.specs.items():
            elements = ",\n\t\t\t     ".join(f"{k} : {v}" if v else k for k, v in self.sets[name].items())
            body = f"\t\telements = {{ {elements} }}\n" if elements else ""
            declaration = "".join(f"\t\t{part.strip()}\n" for part in spec.split(";"))
            yield f"\t{kind} {name} {{\n{declaration}{body}\t}}\n\n"
        for name, rules in self.chains.items():
            hook = f"\t\t{self.hooks[name]}; policy accept;\n" if self.hooks[name] else ""
            yield f"\tchain {name} {{\n{hook}{_lines(rules)}\t}}\n\n"

    # ---- the lines ----

    def _line(self, line: str) -> None:
        verb, kind, ip, table, *rest = line.split(" ", 4)
        assert (ip, table) == ("ip", "kube-proxy"), line
        text = rest[0] if rest else ""
        if verb != "add" or kind != "table":
            self._require(self.exists, line)
        getattr(self, f"_{verb}_{kind}")(text, line)

    def _add_table(self, _text: str, _line: str) -> None:
        self.exists = True

    def _delete_table(self, _text: str, _line: str) -> None:
        self.exists = False
        for part in (self.chains, self.hooks, self.sets, self.specs):
            part.clear()

    def _add_set(self, text: str, line: str) -> None:
        name, spec = text.split(" ", 1)
        self.sets.setdefault(name, {})
        self.specs[name] = (line.split()[1], spec.strip("{}; "))

    _add_map = _add_set

    def _delete_set(self, name: str, line: str) -> None:
        used = any(f"@{name}" in rule.split() for rules in self.chains.values() for rule in rules)
        self._require(name in self.sets and not used, line)
        del self.sets[name], self.specs[name]

    _delete_map = _delete_set

    def _add_chain(self, text: str, _line: str) -> None:
        name, _, hook = text.partition(" ")
        self.chains.setdefault(name, [])
        self.hooks.setdefault(name, hook.strip("{}; "))

    def _flush_chain(self, name: str, line: str) -> None:
        self._require(name in self.chains, line)
        self.chains[name] = []

    def _delete_chain(self, name: str, line: str) -> None:
        used = any(target == name for target in self._targets())
        self._require(name in self.chains and not self.chains[name] and not used, line)
        del self.chains[name], self.hooks[name]

    def _targets(self) -> Iterator[str]:
        texts = [v for m in self.sets.values() for v in m.values()] + [r for rs in self.chains.values() for r in rs]
        for text in texts:
            yield from re.findall(r"(?:goto|jump) ([^\s,}]+)", text)

    def _add_rule(self, text: str, line: str) -> None:
        name, rule = text.split(" ", 1)
        self._require(name in self.chains, line)
        for target in re.findall(r"(?:goto|jump) ([^\s,}]+)", rule):
            self._require(target in self.chains, line)
        for used in re.findall(r"@(\S+)", rule):
            self._require(used in self.sets, line)
        self.chains[name].append(rule)

    def _add_element(self, text: str, line: str) -> None:
        name, elements = self._elements(text, line)
        for element in elements:
            key, _, value = re.sub(r' comment "[^"]*"', "", element).partition(" : ")
            self._require(self.sets[name].get(key, value) == value, line)
            for target in re.findall(r"goto (\S+)", value):
                self._require(target in self.chains, line)
            self.sets[name][key] = value

    def _delete_element(self, text: str, line: str) -> None:
        name, elements = self._elements(text, line)
        for key in elements:
            self._require(key in self.sets[name], line)
            del self.sets[name][key]

    def _elements(self, text: str, line: str) -> tuple[str, list[str]]:
        name, elements = text.split(" ", 1)
        self._require(name in self.sets, line)
        return name, elements.removeprefix("{ ").removesuffix(" }").split(", ")

    def _require(self, good: bool, line: str) -> None:
        if not good:
            raise NftError(f"No such file or directory: {line}")

    # ---- where a packet goes ----

    def trace(self, packet: Packet) -> set[str]:
        """All outcomes that the draws of numbers allow."""
        before = ["nat-output"] if packet.from_node else ["filter-prerouting", "nat-prerouting"]
        return set(self._through(packet, before))

    def _through(self, packet: Packet, hooks: list[str]) -> Iterator[str]:
        """Follows the packet through these base chains, then through those that its destination leads to."""
        if not hooks:
            yield from self._after_routing(packet)
            return
        for verdict, changed in self._chain(packet, hooks[0]):
            if verdict in (DROPPED, REFUSED):
                yield verdict
            else:
                yield from self._through(changed, hooks[1:])

    def _after_routing(self, packet: Packet) -> Iterator[str]:
        to_node = self._is_local(packet, "d")
        hook = "filter-output" if packet.from_node else "filter-input" if to_node else "filter-forward"
        for verdict, changed in self._chain(packet, hook):
            if verdict in (DROPPED, REFUSED):
                yield verdict
            elif not changed.chosen:
                yield REFUSED if to_node else DROPPED  # nobody listens there; nobody is there
            else:
                for _, last in self._chain(changed, "nat-postrouting"):
                    yield outcome(last)

    def _chain(self, packet: Packet, name: str, at: int = 0) -> Iterator[tuple[str, Packet]]:
        """(verdict, packet) at the end of a chain; `continue` when it falls off the end."""
        rules = self.chains[name]
        if at == len(rules):
            yield "continue", packet
            return
        for verdict, changed in self._rule(packet, rules[at]):
            if verdict == "continue":
                yield from self._chain(changed, name, at + 1)
            elif verdict == "return":
                yield "continue", changed
            elif verdict.startswith("jump "):
                for inner, after in self._chain(changed, verdict[5:]):
                    if inner == "continue":
                        yield from self._chain(after, name, at + 1)
                    else:
                        yield inner, after
            elif verdict.startswith("goto "):
                yield from self._chain(changed, verdict[5:])
            else:
                yield verdict, changed

    def _rule(self, packet: Packet, rule: str) -> list[tuple[str, Packet]]:
        """Every outcome of one rule: a verdict, `continue`, `return`, `jump X` or `goto X`."""
        while rule:
            for pattern, match in _MATCHES:
                if found := pattern.match(rule):
                    if not match(self, packet, *found.groups()):
                        return [("continue", packet)]
                    rule = rule[found.end() :]
                    break
            else:
                return self._statement(packet, rule)
        return [("continue", packet)]

    def _statement(self, packet: Packet, text: str) -> list[tuple[str, Packet]]:
        for pattern, do in _STATEMENTS:
            if found := pattern.fullmatch(text):
                return do(self, packet, *found.groups())
        raise AssertionError(f"what is {text!r}?")

    def _is_local(self, packet: Packet, side: str) -> bool:
        if side == "s":
            return packet.source_is_local
        return not packet.chosen and packet.destination in {*OWN, "127.0.0.1"}

    def _address(self, packet: Packet, side: str) -> str:
        if side == "s":
            return packet.source
        return packet.chosen[0] if packet.chosen else packet.destination

    def _is_within(self, packet: Packet, side: str, negated: str, prefixes: str) -> bool:
        inside = any(within(self._address(packet, side), p) for p in prefixes.strip("{} ").split(", "))
        return inside != bool(negated)

    def _vmap(self, packet: Packet, address: str, name: str) -> list[tuple[str, Packet]]:
        key = (f"{self._address(packet, 'd')} . " if address else "") + f"tcp . {packet.port}"
        return [(self.sets[name].get(key, "continue"), packet)]

    def _dnat_by_map(self, packet: Packet, address: str, turns: str, name: str) -> list[tuple[str, Packet]]:
        key = (f"{packet.destination} . " if address else "") + str(packet.port)
        return [self._to(packet, self.sets[name][f"{key} . {turn}"].replace(" . ", ":")) for turn in range(int(turns))]

    def _to(self, packet: Packet, target: str) -> tuple[str, Packet]:
        address, _, port = target.rpartition(":")
        return "accept", replace(packet, chosen=(address, int(port)))

    def _draw(self, packet: Packet, turns: str, verdicts: str) -> list[tuple[str, Packet]]:
        by_turn = dict(v.split(" : ") for v in verdicts.split(", "))
        return [(by_turn[str(turn)], packet) for turn in range(int(turns))]


def _lines(rules: list[str]) -> str:
    return "".join(f"\t\t{rule}\n" for rule in rules)


_LOOKUP = r"(ip daddr \. )?meta l4proto \. th dport"
_MATCHES: list[tuple[re.Pattern[str], Callable[..., bool]]] = [
    (re.compile(r"ip saddr \. ip daddr @(\S+) "), lambda t, p, name: f"{p.source} . {p.chosen[0]}" in t.sets[name]),
    (re.compile(r"ip (s|d)addr @(\S+) "), lambda t, p, side, name: t._address(p, side) in t.sets[name]),
    (re.compile(r"ip (s|d)addr (!= )?(\{ .*? \}|\d[\d./]*) "), NftTable._is_within),
    (re.compile(r"fib (s|d)addr type local "), NftTable._is_local),
    (re.compile(r"ct state new "), lambda t, p: True),
    (re.compile(r"ct status dnat "), lambda t, p: p.chosen is not None),
    (re.compile(r"meta l4proto tcp "), lambda t, p: True),
    (re.compile(r"meta mark & (0x\w+) == 0x0 "), lambda t, p, bits: not p.mark & int(bits, 16)),
]
_STATEMENTS: list[tuple[re.Pattern[str], Callable[..., list[tuple[str, Packet]]]]] = [
    (re.compile(r"((?:jump|goto) \S+|return)"), lambda t, p, verdict: [(verdict, p)]),
    (re.compile(r"drop"), lambda t, p: [(DROPPED, p)]),
    (re.compile(r"reject.*"), lambda t, p: [(REFUSED, p)]),
    (re.compile(r"masquerade.*"), lambda t, p: [("accept", replace(p, masqueraded=True))]),
    (
        re.compile(r"meta mark set meta mark \| (\w+)"),
        lambda t, p, b: [("continue", replace(p, mark=p.mark | int(b, 16)))],
    ),
    (
        re.compile(r"meta mark set meta mark \^ (\w+)"),
        lambda t, p, b: [("continue", replace(p, mark=p.mark ^ int(b, 16)))],
    ),
    (re.compile(_LOOKUP + r" vmap @(\S+)"), NftTable._vmap),
    (re.compile(r"dnat ip to (ip daddr \. )?tcp dport \. numgen random mod (\d+) map @(\S+)"), NftTable._dnat_by_map),
    (re.compile(r"dnat to (\S+)"), lambda t, p, target: [t._to(p, target)]),
    (re.compile(r"numgen random mod (\d+) vmap \{ (.*) \}"), NftTable._draw),
    (re.compile(r"update @\S+ \{ ip saddr \}"), lambda t, p: [("continue", p)]),
]
