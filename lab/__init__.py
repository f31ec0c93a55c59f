"""Brings up a whole cluster on one machine: etcd, the control plane, and nodes that are machines of their own.

Called by people, as `lab up`, and by the end-to-end tests. It starts the other components as processes and never
imports them. It leaves out everything that Kubernetes does by itself once its parts run.
"""
