# ruff: noqa: E501 (tables read better unbroken)
"""What is wrong with a new Pod: every cause, in Kubernetes' words and order."""

from __future__ import annotations

import pytest
import yaml

from apiserver.registry.core.pods.strategy import PodStrategy
from kube.api.core_v1 import Pod
from tests.apiserver.registry.driver import create, parse

LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
QUALIFIED = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

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
- [projections, {}, {volumes: [{name: p, projected: {sources: [{configMap: {name: a, items: [{key: k, path: x}]}}, {secret: {name: b, items: [{key: k, path: x}]}}, {serviceAccountToken: {path: t, expirationSeconds: 5}}]}}], serviceAccountName: a}, ['volumes[0].projected: Invalid value: "b": conflicting duplicate paths', "volumes[0].projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes"]]
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
- [a token without an account, {}, {volumes: [{name: p, projected: {sources: [{serviceAccountToken: {path: ../t}}]}}]}, ["volumes[0].projected.path: Invalid value: \"../t\": must not contain '..'", "volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set"]]
- [keys of labels, {}, {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: z, matchLabelKeys: [a]}, {topologyKey: z, labelSelector: {}, matchLabelKeys: [a, -], mismatchLabelKeys: [a]}]}}, topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, matchLabelKeys: [a]}, {maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b}}, matchLabelKeys: [a]}]}, ["affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set", "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[1].matchLabelKeys[1]: Invalid value: \"-\": QUALIFIED", 'affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[1].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys', 'topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{z, DoNotSchedule}"', "topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set", 'topologySpreadConstraints[1].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector']]
- [names of nodes, {}, {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [_]}]}]}, preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: k, operator: In, values: [-]}]}}]}}}, ["affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values[0]: Invalid value: \"_\": SUBDOMAIN"]]
- [a host name of its own, {}, {hostnameOverride: db.example.com}, []]
- [a host name beside others, {}, {hostnameOverride: Db, hostNetwork: true, setHostnameAsFQDN: true}, ["hostnameOverride: Invalid value: \"Db\": SUBDOMAIN", "hostnameOverride: Forbidden: may not be set when hostNetwork is true", "hostnameOverride: Forbidden: may not be set when setHostnameAsFQDN is true"]]
- [a long host name, {}, {hostnameOverride: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb}, ["hostnameOverride: Too long: may not be more than 64 bytes"]]
- [features that are off, {}, {volumes: [{name: p, projected: {sources: [{clusterTrustBundle: {path: ""}}, {podCertificate: {keyType: none}}]}}]}, []]
- [a node for what is gated, {}, {nodeName: n, schedulingGates: [{name: g}]}, ["nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"]]
- [settings of the host's kernel, {}, {hostNetwork: true, hostIPC: true, securityContext: {sysctls: [{name: net.core.somaxconn}, {name: kernel/shmmax}, {name: kernel.pid_max}]}}, ["securityContext.sysctls[0].name: Invalid value: \"net.core.somaxconn\": may not be specified when 'hostNetwork' is true", "securityContext.sysctls[1].name: Invalid value: \"kernel/shmmax\": may not be specified when 'hostIPC' is true"]]
- [profiles, {securityContext: {procMount: Unmasked, seccompProfile: {type: Localhost, localhostProfile: /x}}}, {securityContext: {seccompProfile: {type: Mine, localhostProfile: x}, appArmorProfile: {type: Localhost, localhostProfile: " x"}, seLinuxChangePolicy: Never}}, ["containers[0].securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`", 'containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: "/x": must be a relative path', 'securityContext.seccompProfile.type: Unsupported value: "Mine": supported values: "Localhost", "RuntimeDefault", "Unconfined"', 'securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"Mine","LocalhostProfile":"x"}: can only be set when seccomp type is Localhost', 'securityContext.appArmorProfile.localhostProfile: Invalid value: " x": must not be padded with whitespace', 'securityContext.seLinuxChangePolicy: Unsupported value: "Never": supported values: "MountOption", "Recursive"']]
- [windows processes of the host, {securityContext: {windowsOptions: {hostProcess: true, runAsUserName: "a\\b\\c"}}}, {securityContext: {windowsOptions: {hostProcess: false, gmsaCredentialSpec: ""}}}, ['containers[0].securityContext.windowsOptions.runAsUserName: Invalid value: "a\\b\\c": runAsUserName cannot contain more than one backslash', 'securityContext.windowsOptions.gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot be an empty string', "containers[0].securityContext.windowsOptions.hostProcess: Invalid value: true: pod hostProcess value must be identical if both are specified, was false", "hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers"]]
- [resources of the whole, {resources: {requests: {cpu: "2"}, limits: {cpu: "4"}}}, {resources: {requests: {cpu: "1", gold: "1", example.com/gpu: "1"}, limits: {cpu: "3", example.com/gpu: "1"}, claims: [{name: g}]}}, ["resources.claims: Forbidden: claims cannot be set for Resources at pod-level", 'resources.limits[example.com/gpu]: Unsupported value: "example.com/gpu": supported values: "cpu", "memory"', 'resources.requests[example.com/gpu]: Unsupported value: "example.com/gpu": supported values: "cpu", "memory"', 'resources.requests[gold]: Invalid value: "gold": must be a standard resource type or fully qualified', 'resources.claims[0]: Not found: "g": must be one of the names in pod.spec.resourceClaims which is empty', 'resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2', 'resources.containers[0][cpu].limits: Invalid value: "4": must be less than or equal to pod limits of 3']]
- [old volumes, {}, {volumes: [{name: a, gcePersistentDisk: {partition: 300}}, {name: b, iscsi: {iqn: x, lun: 256, chapAuthSession: true, targetPortal: p}}, {name: c, fc: {targetWWNs: [w]}}, {name: d, flexVolume: {driver: x, options: {a.k8s.io/x: y}}}, {name: e, azureDisk: {diskName: n, diskURI: u, kind: Managed}}, {name: f, csi: {driver: A_}}, {name: g, nfs: {server: s}}, {name: h, emptyDir: {}, cephfs: {monitors: [m]}, downwardAPI: {}}, {name: i, image: {pullPolicy: Now}}]}, ["volumes[0].persistentDisk.pdName: Required value", "volumes[0].persistentDisk.partition: Invalid value: 300: must be between 0 and 255, inclusive", 'volumes[1].iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa', "volumes[1].iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive", "volumes[1].iscsi.secretRef: Required value", "volumes[2].fc.lun: Required value: lun is required if targetWWNs is specified", 'volumes[3].flexVolume.options[a.k8s.io/x]: Invalid value: "a.k8s.io/x": kubernetes.io and k8s.io namespaces are reserved', 'volumes[4].azureDisk.diskURI: Unsupported value: "u": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"', "volumes[5].csi.driver: Invalid value: \"A_\": SUBDOMAIN", "volumes[6].nfs.path: Required value", 'volumes[6].nfs.path: Invalid value: "": must be an absolute path', "volumes[7].cephFS: Forbidden: may not specify more than 1 volume type", "volumes[7].downwarAPI: Forbidden: may not specify more than 1 volume type", "volumes[8].image.reference: Required value", 'volumes[8].image.pullPolicy: Unsupported value: "Now": supported values: "Always", "IfNotPresent", "Never"']]
- [claims of volumes, {}, {volumes: [{name: a, ephemeral: {}}, {name: b, ephemeral: {volumeClaimTemplate: {metadata: {name: x}, spec: {accessModes: [ReadWriteOncePod, ReadWriteOnce, Mine], volumeMode: Tape, storageClassName: _, resources: {requests: {storage: "0"}}}}}}, {name: c, ephemeral: {volumeClaimTemplate: {spec: {}}}}]}, ["volumes[0].ephemeral.volumeClaimTemplate: Required value", "volumes[1].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set", 'volumes[1].ephemeral.volumeClaimTemplate.spec.accessModes: Unsupported value: "Mine": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"', "volumes[1].ephemeral.volumeClaimTemplate.spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes", 'volumes[1].ephemeral.volumeClaimTemplate.spec.resources[storage]: Invalid value: "0": must be greater than zero', "volumes[1].ephemeral.volumeClaimTemplate.spec.storageClassName: Invalid value: \"_\": SUBDOMAIN", 'volumes[1].ephemeral.volumeClaimTemplate.spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"', "volumes[2].ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required", "volumes[2].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value"]]
- [identities, {securityContext: {runAsUser: -1}}, {securityContext: {fsGroup: -2}}, ["containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive", "securityContext.fsGroup: Invalid value: -2: must be between 0 and 2147483647, inclusive"]]
- [choices, {}, {restartPolicy: X, dnsPolicy: Y, activeDeadlineSeconds: 0}, ['restartPolicy: Unsupported value: "X": supported values: "Always", "OnFailure", "Never"', 'dnsPolicy: Unsupported value: "Y": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"', "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"]]
- [ephemeral containers come later, {}, {ephemeralContainers: [{name: d, image: i}]}, ["ephemeralContainers: Forbidden: cannot be set on create"]]
"""


def pod(container: dict | None, spec: dict) -> Pod:
    containers = [{"name": "c", "image": "i", **(container or {})}]
    return parse(Pod, {"spec": {"containers": containers, **spec}})


def written_out(cases: str) -> str:
    """LABEL stands between single quotes, the others between double ones."""
    cases = cases.replace("LABEL", LABEL.replace("'", "''"))
    return cases.replace("SUBDOMAIN", SUBDOMAIN).replace("QUALIFIED", QUALIFIED)


@pytest.mark.parametrize(
    ("container", "spec", "wanted"),
    [pytest.param(*rest, id=name) for name, *rest in yaml.safe_load(written_out(CASES))],
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


ANNOTATIONS = r"""
- [controller.kubernetes.io/pod-deletion-cost, "10", null]
- [controller.kubernetes.io/pod-deletion-cost, "-1", null]
- [controller.kubernetes.io/pod-deletion-cost, "+1", "[K]: Invalid value: \"+1\": must be a 32bit integer"]
- [controller.kubernetes.io/pod-deletion-cost, "08", "[K]: Invalid value: \"08\": must be a 32bit integer"]
- [controller.kubernetes.io/pod-deletion-cost, "4294967296", "[K]: Invalid value: \"4294967296\": must be a 32bit integer"]
- [seccomp.security.alpha.kubernetes.io/pod, runtime/default, null]
- [seccomp.security.alpha.kubernetes.io/pod, mine, '.K: Invalid value: "mine": must be a valid seccomp profile']
- [container.seccomp.security.alpha.kubernetes.io/c, localhost/../x, ".K: Invalid value: \"../x\": must not contain '..'"]
- [container.apparmor.security.beta.kubernetes.io/c, localhost/x, null]
- [container.apparmor.security.beta.kubernetes.io/c, mine, '[K]: Invalid value: "mine": invalid AppArmor profile name: "mine"']
- [container.apparmor.security.beta.kubernetes.io/z, unconfined, '[K]: Invalid value: "z": container not found']
"""


@pytest.mark.parametrize(("key", "value", "wrong"), yaml.safe_load(ANNOTATIONS))
def test_annotations_that_mean_something(key, value, wrong):
    made = parse(Pod, {"metadata": {"annotations": {key: value}}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    assert create(PodStrategy(), made)[1] == ([f"metadata.annotations{wrong.replace('K', key)}"] if wrong else [])


def test_annotation_and_field_say_the_same():
    annotations = {
        "seccomp.security.alpha.kubernetes.io/pod": "unconfined",
        "container.apparmor.security.beta.kubernetes.io/c": "localhost/x",
    }
    made = parse(Pod, {"metadata": {"annotations": annotations}, "spec": {
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "c", "image": "i", "securityContext": {"appArmorProfile": {
            "type": "Localhost", "localhostProfile": "y"}}}],
    }})  # fmt: skip
    assert create(PodStrategy(), made)[1] == [
        "spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match",
        "spec.containers[0].securityContext.appArmorProfile.localhostProfile: Forbidden: "
        "apparmor profile in annotation and field must match",
    ]


def test_a_mirror_pod_is_on_a_node():
    made = parse(Pod, {"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}},
                       "spec": {"containers": [{"name": "c", "image": "i"}]}})  # fmt: skip
    assert create(PodStrategy(), made)[1] == [
        'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": '
        "must set spec.nodeName if mirror pod annotation is set"
    ]
