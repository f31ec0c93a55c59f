"""`--authorization-mode`: which authorizers answer, one after the other.

Called by the app. It calls the authorizers that it is given. The first that allows decides; what the others had to say
is the reason of a refusal. Source: k8s.io/apiserver/pkg/authorization/union.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from apiserver.authz.attributes import Attributes, Decision

Authorize = Callable[[Attributes], Decision]
ALWAYS: dict[str, Authorize] = {
    "AlwaysAllow": lambda _asked: Decision(True),
    "AlwaysDeny": lambda _asked: Decision(False, "Everything is forbidden."),
}


def authorizer(modes: Sequence[str], known: Mapping[str, Authorize]) -> Authorize:
    """`known`: mode -> authorizer, besides those of `ALWAYS`. Raises ValueError for a mode that is not known."""
    known = {**ALWAYS, **known}
    for mode in modes:
        if mode not in known:
            raise ValueError(f'authorization-mode "{mode}" is not a valid mode')
    asked_in_turn = tuple(known[mode] for mode in modes)
    if len(asked_in_turn) == 1:
        return asked_in_turn[0]

    def ask(asked: Attributes) -> Decision:
        reasons = []
        for authorize in asked_in_turn:
            decision = authorize(asked)
            if decision.allowed:
                return decision
            if decision.reason:
                reasons.append(decision.reason)
        return Decision(False, "\n".join(reasons))

    return ask
