"""Connection tracking: UDP has no end of a connection, so entries of what is gone must be removed by hand.

plan        which flows a change makes stale (pure)
kernel      finds and deletes them through netlink
flows       reads entries whole, for people
reconciler  does all this after a sync
"""
