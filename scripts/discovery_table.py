"""Prints README's table of what the API server serves, beside kube-apiserver's; `--write` puts it into README.md.

Run by hand after a kind was added; a test runs it too and compares. It calls the server's discovery documents, which
are made from the kinds' declarations. What kube-apiserver serves and we do not is listed here, by resource.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from apiserver.endpoints.discovery import Discovery  # noqa: E402
from kube.api import scheme  # noqa: E402

BEGIN, END = "<!-- discovery: scripts/discovery_table.py -->\n", "<!-- end of discovery -->\n"
EVERY = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
ONLY_THEIRS = {
    "v1": "componentstatuses, limitranges, persistentvolumeclaims, persistentvolumes, replicationcontrollers, "
    "resourcequotas",
    "autoscaling/v1, v2": "horizontalpodautoscalers",
    "batch/v1": "cronjobs, jobs",
    "networking.k8s.io/v1": "ingressclasses, ingresses",
    "other groups": "admissionregistration, apiextensions, apiregistration, certificates, flowcontrol, node, resource, "
    "scheduling, storage",
}
"""Of the versions that are stable in kube-apiserver 1.36."""


def rows() -> Iterator[str]:
    discovery = Discovery(scheme, "")
    yield "| API | resource | verbs | subresources | kube-apiserver 1.36 |\n|---|---|---|---|---|\n"
    for path in ("/api", "/apis"):
        for group in discovery.aggregated_document(path)["items"]:
            for version in group["versions"]:
                api = "/".join(part for part in (group["metadata"].get("name"), version["version"]) if part)
                for resource in version["resources"]:
                    yield f"| {api} | {_name(resource)} | {_verbs(resource)} | {_subresources(resource)} | the same |\n"
    for api, names in ONLY_THEIRS.items():
        yield f"| {api} | | | | also {names} |\n"


def _name(resource: dict[str, Any]) -> str:
    short = resource.get("shortNames")
    return resource["resource"] + (f" ({', '.join(short)})" if short else "")


def _verbs(entry: dict[str, Any]) -> str:
    verbs = sorted(entry["verbs"])
    if verbs == EVERY:
        return "every"
    left_out = [verb for verb in EVERY if verb not in verbs]
    return " ".join(verbs) if len(left_out) > 1 else f"every but {left_out[0]}"


def _subresources(resource: dict[str, Any]) -> str:
    return ", ".join(f"{s['subresource']}: {_verbs(s)}" for s in resource.get("subresources") or ())


def table() -> str:
    return "".join(rows())


def main() -> int:
    if "--write" not in sys.argv:
        print(table(), end="")
        return 0
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    readme.write_text(f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
