"""What a new cluster needs before anybody can use it, made by the server itself after it has started.

`hooks.run` is a task of the app: namespaces, the default RBAC policy, the ServiceCIDR, and the `kubernetes` Service
with its endpoints, kept true for as long as the server runs.
"""
