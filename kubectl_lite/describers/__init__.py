"""`describe`'s texts: one module a kind, each a function from what was fetched to tab-separated text.

Called by `kubectl_lite.commands.describe`, which fetches. Pure: a describer gets the object and what belongs to it.
"""
