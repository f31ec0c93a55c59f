"""Removes pods that nobody will ever remove: of nodes that are gone, unscheduled ones being deleted, too many ended."""
