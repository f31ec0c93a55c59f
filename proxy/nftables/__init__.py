"""The nftables dataplane: one table a family, `kube-proxy`, in which maps say for each address, protocol and port
where a packet goes. README.md draws the packet's path.

    skeleton   the table's chains, maps and sets that are there without any Service (pure)
    lower      a Service's state -> elements, chains, sets (pure)
    plan       old and new -> the lines of one transaction (pure)
    listing    what `nft list table` printed -> the same elements, chains, sets (pure)
    kernel     runs nft; asks the kernel whether anybody else changed the ruleset
    proxier    puts them together
"""
