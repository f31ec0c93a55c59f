"""Publishes the cluster's certificate authority in every namespace, for pods to know the API server by."""
