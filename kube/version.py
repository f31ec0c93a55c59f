"""The versions we go by: our own, and the Kubernetes release whose behaviour we follow."""

VERSION = "0.1.0"
KUBERNETES_VERSION = "v1.36.0"
