# ruff: noqa: E501 (tables read better unbroken)
"""What is wrong with a new Pod: every cause, in Kubernetes' words and order."""

from __future__ import annotations

import pytest
import yaml

from apiserver.registry.core.pods.strategy import PodStrategy
from kube.api.core_v1 import Pod
from tests.apiserver.registry.driver import create, parse

LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

# name of the case, what is added to the one container, what is added to the spec, the errors (below spec)
CASES = r"""
- [good, {}, {}, []]
- [no image, {image: ""}, {}, ["containers[0].image: Required value"]]
- [blanks around the image, {image: " i "}, {}, ['containers[0].image: Invalid value: " i ": must not have leading or trailing whitespace']]
- [policies, {imagePullPolicy: always, terminationMessagePolicy: Dump}, {}, ['containers[0].terminationMessagePolicy: Unsupported value: "Dump": supported values: "File", "FallbackToLogsOnError"', 'containers[0].imagePullPolicy: Unsupported value: "always": supported values: "Always", "IfNotPresent", "Never"']]
- [ports, {ports: [{containerPort: 0}, {containerPort: 70000, name: Bad_Name}, {containerPort: 1, name: x, protocol: HTTP}, {containerPort: 2, name: x}]}, {}, ["containers[0].ports[0].containerPort: Required value", 'containers[0].ports[1].name: Invalid value: "Bad_Name": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)', "containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive", 'containers[0].ports[2].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"', 'containers[0].ports[3].name: Duplicate value: "x"']]
- [host ports, {ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 80}]}, {}, ['containers[0].ports[1].hostPort: Duplicate value: "TCP//80"']]
- [host network, {ports: [{containerPort: 80, hostPort: 81}]}, {hostNetwork: true}, ["containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"]]
- [no containers, null, {containers: []}, ["containers: Required value"]]
- [two of a name, null, {containers: [{name: a, image: i}, {name: a, image: i}], initContainers: [{name: a, image: i}]}, ['containers[1].name: Duplicate value: "a"', 'initContainers[0].name: Duplicate value: "a"']]
- [init containers do not run on, null, {initContainers: [{name: i, image: i, readinessProbe: {exec: {command: [x]}}, lifecycle: {}}]}, ["initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always", "initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"]]
- [sidecars do, null, {initContainers: [{name: i, image: i, restartPolicy: Always, readinessProbe: {exec: {command: [x]}}}]}, []]
- [env, {env: [{name: ""}, {name: "a=b", value: x}, {name: c, value: x, valueFrom: {}}, {name: d, valueFrom: {fieldRef: {fieldPath: x}, secretKeyRef: {name: a, key: b}}}]}, {}, ["containers[0].env[0].name: Required value", "containers[0].env[1].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='", 'containers[0].env[2].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`', 'containers[0].env[3].valueFrom.fieldRef.fieldPath: Invalid value: "x": error converting fieldPath: field label not supported: x', 'containers[0].env[3].valueFrom: Invalid value: "": may not have more than one field specified at a time']]
- [fields of the pod, {env: [{name: a, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}, {name: b, valueFrom: {fieldRef: {fieldPath: status.podIP}}}, {name: c, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}, {name: d, valueFrom: {fieldRef: {fieldPath: status.phase, apiVersion: v9}}}]}, {}, ['containers[0].env[2].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"', 'containers[0].env[3].valueFrom.fieldRef.fieldPath: Invalid value: "status.phase": error converting fieldPath: unsupported pod version: v9']]
- [resource fields, {env: [{name: a, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: "2"}}}, {name: b, valueFrom: {resourceFieldRef: {resource: ""}}}]}, {}, ["containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported with the cpu resource", "containers[0].env[1].valueFrom.resourceFieldRef.resource: Required value"]]
- [env from, {envFrom: [{}, {configMapRef: {name: ""}, secretRef: {name: s}}]}, {}, ['containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`', "containers[0].envFrom[1].configMapRef.name: Required value", 'containers[0].envFrom: Invalid value: "": may not have more than one field specified at a time']]
- [requests against limits, {resources: {requests: {cpu: "2", memory: -1Gi}, limits: {cpu: "1"}}}, {}, ['containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1', 'containers[0].resources.requests[memory]: Invalid value: "-1Gi": must be greater than or equal to 0']]
- [names of resources, {resources: {requests: {gold: "1", storage: "1"}}}, {}, ['containers[0].resources.requests[gold]: Invalid value: "gold": must be a standard resource type or fully qualified', 'containers[0].resources.requests[gold]: Invalid value: "gold": must be a standard resource for containers', 'containers[0].resources.requests[storage]: Invalid value: "storage": must be a standard resource for containers']]
- [devices, {resources: {requests: {example.com/gpu: "2"}, limits: {example.com/gpu: "3", example.com/tpu: 1500m}}}, {}, ['containers[0].resources.limits[example.com/tpu]: Invalid value: "1500m": must be an integer', 'containers[0].resources.requests: Invalid value: "2": must be equal to example.com/gpu limit of 3', 'containers[0].resources.requests[example.com/tpu]: Invalid value: "1500m": must be an integer']]
- [huge pages, {resources: {limits: {hugepages-2Mi: 3Mi}}}, {}, ['containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi', 'containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi', "containers[0].resources: Forbidden: HugePages require cpu or memory"]]
- [claims, {resources: {claims: [{name: g}]}}, {}, ['containers[0].resources.claims[0]: Not found: "g": must be one of the names in pod.spec.resourceClaims which is empty']]
- [probes, {livenessProbe: {httpGet: {port: 80, scheme: FTP}, timeoutSeconds: -1, successThreshold: 2}, readinessProbe: {exec: {}, terminationGracePeriodSeconds: 5}, startupProbe: {}}, {}, ['containers[0].livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"', "containers[0].livenessProbe.timeoutSeconds: Invalid value: -1: must be greater than or equal to 0", "containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1", "containers[0].readinessProbe.exec.command: Required value", "containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes", "containers[0].startupProbe: Required value: must specify a handler type"]]
- [lifecycle, {lifecycle: {postStart: {exec: {command: [x]}, httpGet: {port: 0}}, preStop: {sleep: {seconds: 31}}}}, {}, ["containers[0].lifecycle.postStart.httpGet: Forbidden: may not specify more than 1 handler type", "containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)"]]
- [mounts, {volumeMounts: [{name: v, mountPath: /a, subPath: ../x}, {name: w, mountPath: /a}, {name: v}]}, {volumes: [{name: v}]}, ["containers[0].volumeMounts.subPath: Invalid value: \"../x\": must not contain '..'", 'containers[0].volumeMounts[1].name: Not found: "w"', 'containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique', "containers[0].volumeMounts[2].mountPath: Required value"]]
- [devices as volumes, {volumeDevices: [{name: v, devicePath: /d}]}, {volumes: [{name: v}]}, ['containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode']]
- [volumes, {}, {volumes: [{name: ""}, {name: a, emptyDir: {}, hostPath: {path: /}}, {name: b, hostPath: {path: /x/../y, type: Folder}}, {name: c, secret: {defaultMode: -1}}, {name: d}, {name: d}]}, ["volumes[0].name: Required value", "volumes[1].hostPath: Forbidden: may not specify more than 1 volume type", "volumes[2].hostPath.path: Invalid value: \"/x/../y\": must not contain '..'", 'volumes[2].hostPath.type: Unsupported value: "Folder": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"', "volumes[3].secret.secretName: Required value", "volumes[3].secret.defaultMode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive", 'volumes[5].name: Duplicate value: "d"']]
- [projections, {}, {volumes: [{name: p, projected: {sources: [{configMap: {name: a, items: [{key: k, path: x}]}}, {secret: {name: b, items: [{key: k, path: x}]}}, {serviceAccountToken: {path: t, expirationSeconds: 5}}]}}]}, ['volumes[0].projected: Invalid value: "b": conflicting duplicate paths', "volumes[0].projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes"]]
- [a claim of resources, null, {resourceClaims: [{name: a}, {name: a, resourceClaimName: x, resourceClaimTemplateName: y}, {name: B, resourceClaimName: c}]}, ['resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`', 'resourceClaims[1].name: Duplicate value: "a"', 'resourceClaims[1]: Invalid value: {"Name":"a","ResourceClaimName":"x","ResourceClaimTemplateName":"y"}: at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified', 'resourceClaims[2].name: Invalid value: "B": LABEL']]
- [resize policies, {resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}, {resourceName: cpu, restartPolicy: Maybe}, {resourceName: gold}]}, {}, ['containers[0].resizePolicy[1]: Duplicate value: "cpu"', 'containers[0].resizePolicy: Unsupported value: "Maybe": supported values: "NotRequired", "RestartContainer"', 'containers[0].resizePolicy: Unsupported value: "gold": supported values: "cpu", "memory"', "containers[0].resizePolicy: Required value"]]
- [restarting what is never restarted, {resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}, {restartPolicy: Never}, ["containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when `restartPolicy` is 'Never'"]]
- [restart rules, {restartPolicyRules: [{action: Stop}, {action: Restart, exitCodes: {operator: Is, values: [1]}}]}, {}, ["containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used", 'containers[0].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart"', "containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified", 'containers[0].restartPolicyRules[1].exitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"']]
- [linux has no windows, {securityContext: {windowsOptions: {}}}, {os: {name: linux}, securityContext: {windowsOptions: {}}}, ["securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod", "containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod"]]
- [windows has no linux, {securityContext: {privileged: false}}, {os: {name: windows}, hostPID: true, securityContext: {runAsUser: 5, fsGroup: 1}}, ["hostPID: Forbidden: cannot be set for a windows pod", "securityContext.fsGroup: Forbidden: cannot be set for a windows pod", "securityContext.runAsUser: Forbidden: cannot be set for a windows pod", "containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod"]]
- [tolerations, {}, {tolerations: [{operator: Exists, value: v}, {key: k, effect: Maybe}, {operator: Equal}, {key: k, effect: NoSchedule, tolerationSeconds: 5}]}, ["tolerations[0].operator: Invalid value: \"v\": value must be empty when `operator` is 'Exists'", 'tolerations[1].effect: Unsupported value: "Maybe": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"', 'tolerations[2].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"', "tolerations[3].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set"]]
- [spread, {}, {topologySpreadConstraints: [{maxSkew: 0, topologyKey: "", whenUnsatisfiable: Ignore}]}, ["topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero", "topologySpreadConstraints[0].topologyKey: Required value: can not be empty", 'topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Ignore": supported values: "DoNotSchedule", "ScheduleAnyway"']]
- [node affinity, {}, {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: k, operator: Gt, values: [a, b]}]}]}}}}, ["affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'"]]
- [dns, {}, {dnsPolicy: None, dnsConfig: {nameservers: ["1.2.3"], searches: [under_score, ok.], options: [{}]}}, ['dnsConfig.nameservers[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)', "dnsConfig.options[0]: Required value: must not be empty"]]
- [the host's namespaces, {}, {hostIPC: true, hostUsers: false, hostPID: true, shareProcessNamespace: true}, ["securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled", "HostPID: Forbidden: when `hostUsers` is false", "HostIPC: Forbidden: when `hostUsers` is false"]]
- [identities, {securityContext: {runAsUser: -1}}, {securityContext: {fsGroup: -2}}, ["containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive", "securityContext.fsGroup: Invalid value: -2: must be between 0 and 2147483647, inclusive"]]
- [choices, {}, {restartPolicy: X, dnsPolicy: Y, activeDeadlineSeconds: 0}, ['restartPolicy: Unsupported value: "X": supported values: "Always", "OnFailure", "Never"', 'dnsPolicy: Unsupported value: "Y": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"', "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"]]
- [ephemeral containers come later, {}, {ephemeralContainers: [{name: d, image: i}]}, ["ephemeralContainers: Forbidden: cannot be set on create"]]
"""


def pod(container: dict | None, spec: dict) -> Pod:
    containers = [{"name": "c", "image": "i", **(container or {})}]
    return parse(Pod, {"spec": {"containers": containers, **spec}})


@pytest.mark.parametrize(
    ("container", "spec", "wanted"),
    [pytest.param(*rest, id=name) for name, *rest in yaml.safe_load(CASES.replace("LABEL", LABEL.replace("'", "''")))],
)
def test_what_is_wrong(container, spec, wanted):
    assert create(PodStrategy(), pod(container, spec))[1] == [f"spec.{error}" for error in wanted]


def test_names_in_a_pod():
    made = pod(None, {"containers": [{"name": "A", "image": "i"}], "hostname": "_", "subdomain": "a.b"})
    assert create(PodStrategy(), made)[1] == [
        f'spec.containers[0].name: Invalid value: "A": {LABEL}',
        f'spec.hostname: Invalid value: "_": {LABEL}',
        'spec.subdomain: Invalid value: "a.b": must not contain dots',
    ]


def test_a_mirror_pod_is_on_a_node():
    made = parse(Pod, {"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}},
                       "spec": {"containers": [{"name": "c", "image": "i"}]}})  # fmt: skip
    assert create(PodStrategy(), made)[1] == [
        'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": '
        "must set spec.nodeName if mirror pod annotation is set"
    ]
