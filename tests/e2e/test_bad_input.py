"""What is wrong is refused with one clear message in Kubernetes' own words, and nothing is stored."""

from __future__ import annotations

import pytest

from tests.e2e.cluster import Cluster

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: "
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: bad}
spec:
  selector: {matchLabels: {app: one}}
  template:
    metadata: {labels: {app: LABEL}}
    spec: {containers: [CONTAINER]}
"""
NGINX = "{name: c, image: nginx}"

CASES = {
    "not YAML": ("a: b: c", "mapping values are not allowed"),
    "an unknown kind": ("apiVersion: v1\nkind: Servise\nmetadata: {name: bad}",
                        'no matches for kind "Servise" in version "v1"'),
    "a missing field": (SERVICE + "{type: ClusterIP}", "spec.ports: Required value"),
    "a wrong type": (SERVICE + "{ports: [{port: eighty}]}",
                     "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32"),
    "an unknown field": (SERVICE + "{ports: [{port: 80}], sellector: {}}", 'unknown field "spec.sellector"'),
    "a taken cluster IP": (SERVICE + "{clusterIP: 10.96.0.1, ports: [{port: 80}]}", "provided IP is already allocated"),
    "a cluster IP out of range": (SERVICE + "{clusterIP: 10.1.2.3, ports: [{port: 80}]}",
                                  "failed to allocate IP 10.1.2.3"),
    "a selector that does not match": (DEPLOYMENT.replace("LABEL", "two").replace("CONTAINER", NGINX),
                                       "`selector` does not match template `labels`"),
    "a container without an image": (DEPLOYMENT.replace("LABEL", "one").replace("CONTAINER", "{name: c}"),
                                     "spec.template.spec.containers[0].image: Required value"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_refused(netns_lab: Cluster, case: str) -> None:
    manifest, words = CASES[case]
    done = netns_lab.kubectl("apply", "-f", "-", input=manifest, check=False)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    stored = [*netns_lab.get("services")["items"], *netns_lab.get("deployments")["items"]]
    assert "bad" not in {item["metadata"]["name"] for item in stored}
