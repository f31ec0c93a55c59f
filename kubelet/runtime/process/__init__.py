"""Containers as plain processes in namespaces of their own, over the node's own file tree as their image.

Imports nothing: the shim, which starts with every container, goes through here.
"""
