"""Which commands there are, under the headings of `kubectl_lite --help`. Pure data.

Read by `kubectl_lite.cli` (to find and list them), and by `completion`. A command `api-resources`
is the `cli` of `kubectl_lite/commands/api_resources.py`, unless `ELSEWHERE` names its module; nothing is imported
before it runs.
"""

from __future__ import annotations

SECTIONS: dict[str, dict[str, str]] = {
    "Basic Commands (Beginner)": {
        "create": "Create a resource from a file or from stdin",
        "expose": "Take a resource and expose it as a new Kubernetes service",
        "run": "Run a particular image on the cluster",
        "set": "Set specific features on objects",
    },
    "Basic Commands (Intermediate)": {
        "explain": "Get documentation for a resource",
        "get": "Display one or many resources",
        "edit": "Edit a resource on the server",
        "delete": "Delete resources by file names, stdin, resources and names, or by resources and label selector",
    },
    "Deploy Commands": {
        "rollout": "Manage the rollout of a resource",
        "scale": "Set a new size for a deployment, replica set, or replication controller",
        "autoscale": "Auto-scale a deployment, replica set, stateful set, or replication controller",
    },
    "Cluster Management Commands": {
        "cluster-info": "Display cluster information",
        "top": "Display resource (CPU/memory) usage",
        "cordon": "Mark node as unschedulable",
        "uncordon": "Mark node as schedulable",
        "drain": "Drain node in preparation for maintenance",
        "taint": "Update the taints on one or more nodes",
    },
    "Troubleshooting and Debugging Commands": {
        "describe": "Show details of a specific resource or group of resources",
        "logs": "Print the logs for a container in a pod",
        "attach": "Attach to a running container",
        "exec": "Execute a command in a container",
        "port-forward": "Forward one or more local ports to a pod",
        "proxy": "Run a proxy to the Kubernetes API server",
        "cp": "Copy files and directories to and from containers",
        "auth": "Inspect authorization",
        "debug": "Create debugging sessions for troubleshooting workloads and nodes",
        "events": "List events",
    },
    "Advanced Commands": {
        "diff": "Diff the live version against a would-be applied version",
        "apply": "Apply a configuration to a resource by file name or stdin",
        "patch": "Update fields of a resource",
        "replace": "Replace a resource by file name or stdin",
        "wait": "Wait for a specific condition on one or many resources",
    },
    "Settings Commands": {
        "label": "Update the labels on a resource",
        "annotate": "Update the annotations on a resource",
        "completion": "Output shell completion code for the specified shell (bash, zsh, fish)",
    },
    "Understanding a Service": {
        "timeline": "Show when each part of the cluster noticed the last changes of a service",
        "trace": "Send one real request to a service and show every hop it took",
        "why": "Walk the whole way to a service and say where it breaks",
    },
    "Other Commands": {
        "api-resources": "Print the supported API resources on the server",
        "api-versions": "Print the supported API versions on the server, in the form of group/version",
        "config": "Modify kubeconfig files",
        "version": "Print the client and server version information",
    },
}

ELSEWHERE: dict[str, str] = {}
"""Commands that are more than one module: name -> the package whose `cli` is the command."""

HIDDEN = ("help", "options")
"""Commands that no list shows."""

COMMANDS = {name: help_ for section in SECTIONS.values() for name, help_ in section.items()}


def module_of(name: str) -> str:
    """The module that holds a command; empty if there is no such command."""
    if name not in COMMANDS and name not in HIDDEN:
        return ""
    return ELSEWHERE.get(name) or "kubectl_lite.commands." + name.replace("-", "_")
