"""Whether the controllers run: without them objects change and nothing follows. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing. The controller manager renews its Lease while it runs and can
write; so does every kubelet, whose silence makes a node not ready.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kubectl_lite.why.facts import Facts
from kubectl_lite.why.finding import Finding, broken
from kubectl_lite.why.objects import is_ready

CONTROLLERS = "controllers"
LATE = 3
"""Lease durations after which nobody is expected any more; clocks may differ a little."""


def controllers(facts: Facts) -> Iterator[Finding]:
    spec = (facts.managers or {}).get("spec") or {}
    if not spec.get("renewTime"):
        return
    renewed = datetime.fromisoformat(spec["renewTime"]).timestamp()
    age = facts.now - renewed
    if spec.get("holderIdentity") and age < LATE * spec.get("leaseDurationSeconds", 15):
        return
    what = f"no controller manager runs: its Lease was renewed {age:.0f} s ago"
    why = "pods are not made and EndpointSlices do not follow until one does"
    if facts.nodes and not any(map(is_ready, facts.nodes)):
        why += "; nor do the nodes report: perhaps nothing can be written (etcd full, or the server cut off)"
    yield broken(CONTROLLERS, what, why, "start it (in the lab: lab up); its log: lab logs controllers")
