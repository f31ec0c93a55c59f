# ruff: noqa: E501 (tables read better unbroken)
"""A Pod's life as the API server sees it: defaults, what may change, statuses, its end."""

from __future__ import annotations

import pytest
import yaml

from apiserver.registry.core.pods.defaults import pull_policy
from apiserver.registry.core.pods.strategy import PodStrategy
from apiserver.registry.generic.strategy import WriteContext
from kube.api import scheme
from kube.api.core_v1 import Pod
from tests.apiserver.registry.driver import create, parse, update, update_status

STRATEGY = PodStrategy()
BASE = {"containers": [{"name": "c", "image": "i:1"}]}


def made(spec: dict | str | None = None, **meta) -> Pod:
    """A stored Pod."""
    given = yaml.safe_load(spec) if isinstance(spec, str) else spec
    obj, wrong = create(STRATEGY, parse(Pod, {"metadata": meta, "spec": {**BASE, **(given or {})}}))
    assert not wrong
    return obj


def changed(old: Pod, spec: dict | str, **meta) -> Pod:
    data = old.to_dict()
    data["spec"] |= yaml.safe_load(spec) if isinstance(spec, str) else spec
    data["metadata"] |= meta
    return parse(Pod, data)


# ---- making one ----

DEFAULTED = """
containers:
- name: c
  image: i:1
  imagePullPolicy: IfNotPresent
  terminationMessagePath: /dev/termination-log
  terminationMessagePolicy: File
  resources: {}
restartPolicy: Always
dnsPolicy: ClusterFirst
schedulerName: default-scheduler
securityContext: {}
terminationGracePeriodSeconds: 30
enableServiceLinks: true
"""


def test_defaults_of_a_pod():
    assert made().to_dict()["spec"] == yaml.safe_load(DEFAULTED)


PARTS = """
- [{containers: [{name: c, image: i, resources: {limits: {cpu: "1"}}}]}, [containers, 0, resources, requests, cpu], "1"]
- [{containers: [{name: c, image: i, ports: [{containerPort: 80}]}], hostNetwork: true}, [containers, 0, ports, 0, hostPort], 80]
- [{containers: [{name: c, image: i, livenessProbe: {httpGet: {port: 80}}}]}, [containers, 0, livenessProbe], {httpGet: {path: /, port: 80, scheme: HTTP}, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3}]
- [{containers: [{name: c, image: i, readinessProbe: {grpc: {port: 80}}}]}, [containers, 0, readinessProbe, grpc, service], ""]
- [{containers: [{name: c, image: i, env: [{name: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}, [containers, 0, env, 0, valueFrom, fieldRef, apiVersion], v1]
- [{volumes: [{name: v}]}, [volumes, 0], {name: v, emptyDir: {}}]
- [{volumes: [{name: v, hostPath: {path: /x}}]}, [volumes, 0, hostPath, type], ""]
- [{volumes: [{name: v, configMap: {name: c}}]}, [volumes, 0, configMap, defaultMode], 420]
- [{serviceAccountName: a, volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}]}, [volumes, 0, projected], {defaultMode: 420, sources: [{serviceAccountToken: {path: t, expirationSeconds: 3600}}]}]
- [{serviceAccount: old}, [serviceAccountName], old]
- [{terminationGracePeriodSeconds: -5}, [terminationGracePeriodSeconds], 1]
"""


@pytest.mark.parametrize(("spec", "at", "wanted"), yaml.safe_load(PARTS))
def test_defaults_of_parts(spec, at, wanted):
    value = made(spec).to_dict()["spec"]
    for key in at:
        value = value[key]
    assert value == wanted


@pytest.mark.parametrize(
    ("image", "policy"),
    [("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1", "IfNotPresent"), ("h:5000/nginx", "Always"),
     ("h:5000/a/nginx:1", "IfNotPresent"), ("nginx@sha256:ab", "IfNotPresent"), ("Not An Image", "IfNotPresent")],
)  # fmt: skip
def test_pull_policy(image, policy):
    assert pull_policy(image) == policy


QOS = """
- [{}, BestEffort]
- [{requests: {cpu: "1"}}, Burstable]
- [{limits: {cpu: "1", memory: 1Gi}}, Guaranteed]
- [{limits: {cpu: "1", memory: 1Gi}, requests: {cpu: 500m, memory: 1Gi}}, Burstable]
- [{limits: {cpu: "1"}}, Burstable]
"""


@pytest.mark.parametrize(("resources", "wanted"), yaml.safe_load(QOS))
def test_first_status(resources, wanted):
    pod = made({"containers": [{"name": "c", "image": "i", "resources": resources}]})
    assert pod.status.to_dict() == {"phase": "Pending", "qosClass": wanted}
    assert pod.metadata.generation == 1


def test_a_gated_pod_says_why_it_waits():
    status = made("schedulingGates: [{name: a.b/c}]", creationTimestamp="2026-01-01T00:00:00Z").status
    assert [(c.type, c.status, c.reason, c.lastTransitionTime) for c in status.conditions] == [
        ("PodScheduled", "False", "SchedulingGated", "2026-01-01T00:00:00Z")
    ]


# ---- changing one ----

ALLOWED = """
- [an image, {}, {containers: [{name: c, image: "i:2"}]}]
- [a shorter deadline, {activeDeadlineSeconds: 9}, {activeDeadlineSeconds: 5}]
- [one more toleration, {tolerations: [{key: a, operator: Exists}]}, {tolerations: [{key: b, operator: Exists}, {key: a, operator: Exists}]}]
- [one gate fewer, {schedulingGates: [{name: a.b/c}, {name: a.b/d}]}, {schedulingGates: [{name: a.b/d}]}]
- [placement while gated, {schedulingGates: [{name: a.b/c}], nodeSelector: {a: b}}, {nodeSelector: {a: b, c: d}}]
- [node affinity where there was none, {schedulingGates: [{name: a.b/c}]}, {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}}]
- [node affinity that grows, {schedulingGates: [{name: a.b/c}], affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}}, {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: Exists}]}]}}}}]
"""


@pytest.mark.parametrize(("before", "after"), [pytest.param(*rest, id=name) for name, *rest in yaml.safe_load(ALLOWED)])
def test_what_may_change(before, after):
    old = made(before)
    obj, wrong = update(STRATEGY, changed(old, after), old)
    assert wrong == []
    assert obj.metadata.generation == 2


REFUSED = """
- [containers, {}, {containers: [{name: c, image: i}, {name: d, image: i}]}, ["spec.containers: Forbidden: pod updates may not add or remove containers"]]
- [an image taken away, {}, {containers: [{name: c, image: ""}]}, ["spec.containers[0].image: Required value", "spec.containers[0].image: Required value"]]
- [a longer deadline, {activeDeadlineSeconds: 5}, {activeDeadlineSeconds: 9}, ["spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value"]]
- [no deadline any more, {activeDeadlineSeconds: 5}, {activeDeadlineSeconds: null}, ["spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"]]
- [a toleration fewer, {tolerations: [{key: a, operator: Exists}]}, {tolerations: []}, ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"]]
- [a new gate, {}, {schedulingGates: [{name: a.b/c}]}, ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a.b/c'"]]
- [a wrong new toleration, {}, {tolerations: [{key: "", operator: Equal, value: v}]}, [&why 'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"', *why]]
- [affinity with another term, {schedulingGates: [{name: a.b/c}], affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}}, {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}, {matchExpressions: [{key: b, operator: Exists}]}]}}}}, ['spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Invalid value: [{"MatchExpressions":[{"Key":"a","Operator":"Exists","Values":null}],"MatchFields":null},{"MatchExpressions":[{"Key":"b","Operator":"Exists","Values":null}],"MatchFields":null}]: no additions/deletions to non-empty NodeSelectorTerms list are allowed']]
- [affinity to other nodes, {schedulingGates: [{name: a.b/c}], affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}}, {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: b, operator: Exists}]}]}}}}, ['spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]: Invalid value: {"MatchExpressions":[{"Key":"b","Operator":"Exists","Values":null}],"MatchFields":null}: only additions are allowed (no mutations or deletions)']]
- [placement widened, {schedulingGates: [{name: a.b/c}], nodeSelector: {a: b}}, {nodeSelector: {}}, ['spec.nodeSelector: Invalid value: {}: only additions to spec.nodeSelector are allowed (no mutations or deletions)']]
"""


@pytest.mark.parametrize(
    ("before", "after", "wanted"), [pytest.param(*rest, id=name) for name, *rest in yaml.safe_load(REFUSED)]
)
def test_what_may_not_change(before, after, wanted):
    old = made(before)
    assert update(STRATEGY, changed(old, after), old)[1] == wanted


def test_any_other_change_is_shown():
    old = made()
    (wrong,) = update(STRATEGY, changed(old, "nodeName: n1"), old)[1]
    head, _, shown = wrong.partition("\n")
    assert head.startswith("spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,")
    assert shown == (
        "@@ -42,7 +42,7 @@\n"
        '  "NodeSelector": null,\n'
        '  "ServiceAccountName": "",\n'
        '  "AutomountServiceAccountToken": null,\n'
        '- "NodeName": "",\n'
        '+ "NodeName": "n1",\n'
        '  "SecurityContext": {\n'
        '   "HostNetwork": false,\n'
        '   "HostPID": false,\n'
    )


def test_gates_do_not_open_what_concerns_other_pods():
    """Node affinity may come, and affinity to Pods that comes with it may not."""
    old = made("schedulingGates: [{name: a.b/c}]")
    near = "podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {}}]}"
    nodes = "nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: []}]}}"
    (wrong,) = update(STRATEGY, changed(old, f"affinity: {{{near}, {nodes}}}"), old)[1]
    assert wrong.startswith("spec: Forbidden: pod updates may not change fields") and "PodAffinity" in wrong


def test_labels_are_no_generation_and_the_status_is_kept():
    old = made()
    obj, wrong = update(STRATEGY, changed(old, {}, labels={"a": "b"}), old)
    assert (obj.metadata.generation, obj.status, wrong) == (1, old.status, [])


# ---- its status ----


def test_a_status_update_changes_nothing_else_and_keeps_the_class():
    old = made()
    obj = changed(old, "nodeName: elsewhere")
    obj.status = parse(Pod, "{status: {phase: Running, podIP: 10.0.0.1}}").status
    obj, wrong = update_status(STRATEGY, obj, old)
    assert (obj.spec, wrong) == (old.spec, [])
    assert obj.status.to_dict() == {
        "phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}], "qosClass": "BestEffort",
    }  # fmt: skip


STATUSES = """
- [{podIPs: [{ip: nonsense}]}, ['status.podIPs[0]: Invalid value: "nonsense": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']]
- [{podIPs: [{ip: 10.0.0.1}, {ip: 10.0.0.2}]}, ['status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family']]
- [{podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}], hostIP: 10.0.0.9, hostIPs: [{ip: 10.0.0.8}]}, ['status.hostIPs[0].ip: Invalid value: "10.0.0.8": must be equal to `hostIP`']]
- [{podIPs: [{ip: 10.0.0.1}, {ip: 10.0.0.1}]}, ['status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.1"}]: may specify no more than one IP for each IP family', 'status.podIPs[1]: Duplicate value: {"IP":"10.0.0.1"}']]
- [{podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]}, []]
- [{qosClass: Guaranteed}, ['status.qosClass: Invalid value: "Guaranteed": field is immutable']]
- [{initContainerStatuses: [{name: i, state: {running: {}}}, {name: side, state: {running: {}}}]}, ["status.initContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"]]
- [{containerStatuses: [{name: c, state: {running: {}}}]}, ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"]]
"""


@pytest.mark.parametrize(("status", "wanted"), yaml.safe_load(STATUSES))
def test_statuses(status, wanted):
    started = "[{name: i, image: i}, {name: side, image: i, restartPolicy: Always}]"
    old = made(f"{{restartPolicy: Never, initContainers: {started}}}")
    ended = "state: {terminated: {exitCode: 0}}"
    old.status = parse(Pod, f"""{{status: {{qosClass: BestEffort, containerStatuses: [{{name: c, {ended}}}],
        initContainerStatuses: [{{name: i, {ended}}}, {{name: side, {ended}}}]}}}}""").status  # fmt: skip
    obj = changed(old, {})
    obj.status = parse(Pod, {"status": status}).status
    assert update_status(STRATEGY, obj, old)[1] == wanted


# ---- subresources that change the spec ----


def through(name: str, obj: Pod, old: Pod) -> tuple[Pod, list[str]]:
    prepare, validate = STRATEGY.update_stages()[name]
    STRATEGY.default(obj)
    prepare(obj, old, WriteContext(scheme.by_type(Pod), "ns", "x", name, "UPDATE"))
    return obj, [str(error) for error in validate(obj, old)]


def test_ephemeral_containers_are_added_and_stay():
    old = made()
    one, wrong = through("ephemeralcontainers", changed(old, {"ephemeralContainers": [{"name": "d", "image": "i"}],
                                                              "nodeName": "elsewhere"}), old)  # fmt: skip
    assert (wrong, one.spec.nodeName, one.metadata.generation) == ([], "", 2)
    assert through("ephemeralcontainers", changed(one, {"ephemeralContainers": []}), one)[1] == [
        'spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not be removed\n'
    ]
    (wrong,) = through(
        "ephemeralcontainers", changed(one, {"ephemeralContainers": [{"name": "d", "image": "j"}]}), one
    )[1]
    assert '- "Image": "i",\n+ "Image": "j",\n' in wrong


# ---- its end ----


@pytest.mark.parametrize(
    ("node", "phase", "asked", "seconds"),
    [
        ("", "Pending", None, 0),
        ("n", "Running", None, 30),
        ("n", "Running", 5, 5),
        ("n", "Running", 0, 0),
        ("n", "Running", -5, 1),
        ("n", "Succeeded", 60, 0),
        ("n", "Failed", None, 0),
    ],
)
def test_grace(node, phase, asked, seconds):
    pod = made({"nodeName": node})
    pod.status.phase = phase
    assert STRATEGY.check_graceful_delete(pod, asked) == seconds


def test_field_labels():
    pod = made("nodeName: n")
    assert STRATEGY.fields(pod).keys() == STRATEGY.field_labels
    assert STRATEGY.fields(pod)["spec.nodeName"] == "n"


WARNED = """
- [{nodeSelector: {beta.kubernetes.io/os: linux}}, ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead']]
- [{volumes: [{name: g, gitRepo: {repository: r}}]}, ["spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+"]]
- [{containers: [{name: c, image: i, env: [{name: a, value: x}, {name: a, value: y}]}]}, ['spec.containers[0].env[1]: hides previous definition of "a", which may be dropped when using apply']]
- [{containers: [{name: c, image: i, resources: {limits: {memory: 100m}}}]}, ['spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer', 'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer']]
- [{imagePullSecrets: [{name: a}, {name: a}]}, ['spec.imagePullSecrets[1].name: duplicate name "a"']]
"""


@pytest.mark.parametrize(("spec", "wanted"), yaml.safe_load(WARNED))
def test_warnings(spec, wanted):
    assert STRATEGY.warnings_on_create(made(spec)) == wanted
