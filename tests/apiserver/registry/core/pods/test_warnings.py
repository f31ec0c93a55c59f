# ruff: noqa: E501 (tables read better unbroken)
"""What is warned of in a new Pod, in Kubernetes' words and order."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from apiserver.registry.core.pods.strategy import PodStrategy
from kube.api.core_v1 import Pod
from tests.apiserver.registry.driver import create, parse

# what is added to the metadata, to the one container, to the spec, the warnings
CASES = r"""
- [{}, {}, {}, []]
- [{annotations: {scheduler.alpha.kubernetes.io/critical-pod: "", container.seccomp.security.alpha.kubernetes.io/c: unconfined}}, {}, {}, ['metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead', 'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead']]
- [{annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}}, {}, {securityContext: {seccompProfile: {type: Unconfined}}}, []]
- [{}, {env: [{name: a, value: x}, {name: a, value: "$(a)y"}, {name: a, value: "$(a)"}, {name: b}, {name: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}, {}, ['spec.containers[0].env[2]: hides previous definition of "a", which may be dropped when using apply', 'spec.containers[0].env[4]: hides previous definition of "b", which may be dropped when using apply']]
- [{}, {ports: [{containerPort: 1}, {containerPort: 1}, {containerPort: 1, hostPort: 8}, {containerPort: 2, hostIP: 1.1.1.1}]}, {}, ["spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]", "spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]", "spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[1]", "spec.containers[0].ports[3]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:2 Protocol:TCP HostIP:1.1.1.1}"]]
- [{}, {ports: [{containerPort: 1, hostPort: 8}, {containerPort: 1, hostPort: 8, hostIP: 1.1.1.1}]}, {}, ["spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]"]]
- [{}, {resources: {requests: {memory: 1500m}, limits: {memory: 1500m, ephemeral-storage: 100m}}}, {}, ['spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer', 'spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer', 'spec.containers[0].resources.limits[ephemeral-storage]: fractional byte value "100m" is invalid, must be an integer', 'spec.containers[0].resources.requests[ephemeral-storage]: fractional byte value "100m" is invalid, must be an integer']]
- [{}, {}, {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: z}]}, nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: beta.kubernetes.io/os, operator: Exists}]}}]}}, topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]}, ['spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead', "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod", "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod"]]
- [{}, {}, {serviceAccountName: a, volumes: [{name: p, projected: {sources: [{serviceAccountToken: {path: t}}, {secret: {name: s, items: [{key: k, path: t}]}}]}}, {name: s, storageos: {volumeName: v}}]}, ["spec.volumes[1].storageOS: deprecated in v1.22, non-functional in v1.25+", 'spec.volumes[0].projected.sources.secrets[0]: has duplicated path with ServiceAccountToken "t"']]
- [{}, {}, {imagePullSecrets: [{name: a}, {name: a}], hostAliases: [{ip: "2001:DB8::1"}, {ip: "2001:DB8::1"}]}, ['spec.hostAliases[1].ip: duplicate ip "2001:DB8::1"', 'spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.hostAliases[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")', 'spec.hostAliases[1].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")']]
"""


@pytest.mark.parametrize(("meta", "container", "spec", "wanted"), yaml.safe_load(CASES))
def test_what_is_warned_of(
    meta: dict[str, Any], container: dict[str, Any], spec: dict[str, Any], wanted: list[str]
) -> None:
    containers = [{"name": "c", "image": "i", **container}]
    made = parse(Pod, {"metadata": {"name": "p", **meta}, "spec": {"containers": containers, **spec}})
    assert create(PodStrategy(), made)[1] == []
    assert PodStrategy().warnings_on_create(made) == wanted
