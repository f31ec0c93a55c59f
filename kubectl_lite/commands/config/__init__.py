"""`kubectl_lite config`: looks at kubeconfig files and changes them. It asks no server.

One module a family of sub-commands; what they share is `words`. The files are `kubectl_lite.kubeconfig_files`; `set`
and `unset` by path are `kubectl_lite.kubeconfig_paths`. Source: k8s.io/kubectl/pkg/cmd/config.
"""

from kubectl_lite.cli import group
from kubectl_lite.commands.config import contexts, listing, set_cluster, set_credentials, values, view

cli = group(
    "config",
    {
        "current-context": listing.current_context,
        "delete-cluster": contexts.delete_cluster,
        "delete-context": contexts.delete_context,
        "delete-user": contexts.delete_user,
        "get-clusters": listing.get_clusters,
        "get-contexts": listing.get_contexts,
        "get-users": listing.get_users,
        "rename-context": contexts.rename_context,
        "set": values.set_,
        "set-cluster": set_cluster.set_cluster,
        "set-context": contexts.set_context,
        "set-credentials": set_credentials.set_credentials,
        "unset": values.unset,
        "use-context": contexts.use_context,
        "view": view.view,
    },
    {"use": "use-context"},
    help="Modify kubeconfig files using subcommands such as `kubectl_lite config use-context my-context`.",
)
