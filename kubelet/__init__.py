"""The node agent: registers the node, runs the pods that are bound to it, and reports what became of them.

Called as `python -m kubelet`, once on each node. It meets the rest of the cluster only through the API server.
"""
