"""The node lifecycle controller: a node that falls silent becomes Unknown, tainted, and its pods not ready."""
