"""Whether the controllers run: without them objects change and nothing follows. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing. The controller manager renews its Lease while it runs and can
write, and so does every kubelet: when none is renewed, it is the writing that fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_lite.why.facts import Facts
from kubectl_lite.why.finding import Finding, broken
from kubectl_lite.why.objects import is_fresh, renewed

CONTROLLERS, STORAGE = "controllers", "storage"
LAB_UP = "in the lab: lab up, as it was started"


def controllers(facts: Facts) -> Iterator[Finding]:
    if is_fresh(facts.managers, facts.now):
        return
    if facts.node_leases and not any(is_fresh(lease, facts.now) for lease in facts.node_leases):
        age = facts.now - max(map(renewed, (facts.managers, *facts.node_leases)))
        yield broken(
            STORAGE, f"nothing has been written for {age:.0f} s: no Lease was renewed, by controllers or kubelets",
            "the server can be read but not written to: etcd is full, or has no majority",
            "etcdctl alarm list; etcdctl endpoint status (in the lab: lab logs etcd, lab logs apiserver)",
        )  # fmt: skip
        return
    age = facts.now - renewed(facts.managers)
    yield broken(
        CONTROLLERS, f"no controller manager runs: its Lease was renewed {age:.0f} s ago",
        "pods are not made and EndpointSlices do not follow until one does",
        f"start it ({LAB_UP}); its log: lab logs controllers",
    )  # fmt: skip
