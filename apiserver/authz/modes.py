"""`--authorization-mode`: which authorizer answers.

Called by the app. It calls RBAC. Node counts as RBAC (the kubelets' role is bound to their group); the others are for
tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apiserver.authz.attributes import Attributes, Decision
from apiserver.authz.rbac import RBAC

Authorize = Callable[[Attributes], Decision]


def authorizer(modes: Sequence[str], rbac: RBAC) -> Authorize:
    """Raises ValueError for a mode that is not known."""
    if unknown := set(modes) - {"RBAC", "Node", "AlwaysAllow", "AlwaysDeny"}:
        raise ValueError(f"unknown authorization mode: {', '.join(sorted(unknown))}")
    if "AlwaysAllow" in modes:
        return lambda _asked: Decision(True)
    if "RBAC" in modes or "Node" in modes:
        return rbac.authorize
    return lambda _asked: Decision(False)
