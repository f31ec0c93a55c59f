"""Compares what the kernel's table holds for one Service with what it should hold, without writing.

Called by `proxier`, for `proxy.debug`. It calls `lower`, `skeleton` and `kernel`. It costs what the Service needs, not
how much the table holds: elements are asked for one by one, chains are listed without the elements of sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from proxy.inspected import Inspected
from proxy.model.desired import ServiceState, VirtualServer
from proxy.nftables.kernel import Nft
from proxy.nftables.listing import parse
from proxy.nftables.lower import Element, Lowered, SharedChain, lower
from proxy.nftables.skeleton import TABLE, Chain, Settings, chains

_CHAIN = re.compile(r"^\tchain (\S+) \{\n(.*?)^\t\}", re.MULTILINE | re.DOTALL)


def inspect(nft: Nft, settings: Settings, state: ServiceState) -> list[Inspected]:
    """Each virtual server of this family, as the kernel has it."""
    servers = [server for server in state.servers if server.identity.family == settings.family]
    lowered = {server: lower(ServiceState((server,)), settings) for server in servers}
    wanted = {element for one in lowered.values() for element in _elements(one)}
    there = chain_rules(nft.list_chains(settings.ip))
    found = {(e.set, e.key): e for e in parse_elements(nft.get_elements(settings.ip, wanted))}
    base = tuple(_missing_chains(chains(settings), there)) if there else (f"no table {settings.ip} {TABLE}",)
    return [_inspected(server, lowered[server], there, found, base) for server in servers]


def chain_rules(text: str) -> dict[str, list[str]]:
    """Chain -> its rules, of a listing."""
    return {name: [line.strip() for line in body.splitlines() if line.strip() and not line.strip().startswith("type ")]
            for name, body in _CHAIN.findall(text)}  # fmt: skip


def parse_elements(texts: Iterable[str]) -> list[Element]:
    """The elements that `nft get element` printed."""
    return [element for text in texts for element in parse(text).elements.values()]


def _inspected(
    server: VirtualServer, lowered: Lowered, there: dict[str, list[str]], found: dict[tuple[str, str], Element],
    base: Sequence[str],
) -> Inspected:  # fmt: skip
    rules, problems = [], list(base)
    for element in sorted(_elements(lowered)):
        held = found.get((element.set, element.key))
        if held is not None:
            rules.append(f"{held.set} {{ {held.key}{' : ' + held.value if held.value else ''} }}")
        if there and (held is None or held.value != element.value):
            problems.append(_difference(element, held))
    wanted = lowered.chains | {one.name: one.chain for one in lowered.shared if isinstance(one, SharedChain)}
    rules += [f"chain {name} {{ {rule} }}" for name in wanted for rule in there.get(name, ())]
    return Inspected(server, tuple(rules), (*problems, *(_missing_chains(wanted, there) if there else ())))


def _elements(lowered: Lowered) -> set[Element]:
    shared = {one for one in lowered.shared if isinstance(one, Element)}
    return shared | set(lowered.elements.values())


def _difference(element: Element, held: Element | None) -> str:
    wanted = f"{element.set} {{ {element.key}{' : ' + element.value if element.value else ''} }}"
    return f"{wanted} is missing" if held is None else f"{wanted} is wanted, but it leads to {held.value}"


def _missing_chains(wanted: dict[str, Chain], there: dict[str, list[str]]) -> list[str]:
    return [
        f"chain {name} is missing" if name not in there
        else f"chain {name} has {len(there[name])} of its {len(chain.rules)} rules"
        for name, chain in wanted.items() if len(there.get(name, ())) < len(chain.rules)
    ]  # fmt: skip
