"""The kubelet's HTTPS API, which only the API server calls: logs, exec, attach and port-forward of the pods here."""
