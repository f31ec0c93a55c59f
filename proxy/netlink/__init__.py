"""Netlink, packed by hand: the kernel's tables are written in batches of messages instead of one call an entry.

wire      attributes and message headers, to bytes and back (pure)
socket    sends batches, matches each error to its message, reads dumps
rtnetlink links and addresses;   ipvs, ipset, conntrack live beside their users
"""
