"""The kernel settings that IPVS needs beside forwarding, and why. They are set and checked at every resync.

Called by `proxy.ipvs.kernel`. It calls nothing. It leaves out undoing them: others may rely on them by now.
"""

from __future__ import annotations

from proxy.node_settings import Sysctl

IPVS = [
    Sysctl("net/ipv4/vs/conntrack", "1", "masquerading works on conntrack entries"),
    Sysctl("net/ipv4/vs/expire_nodest_conn", "1", "a connection to a removed pod ends at once"),
    Sysctl("net/ipv4/vs/expire_quiescent_template", "1", "affinity does not hold clients to a draining pod"),
    Sysctl("net/ipv4/vs/conn_reuse_mode", "1", "a reused port is balanced anew, not sent to a pod of weight 0"),
]
STRICT_ARP = [
    Sysctl("net/ipv4/conf/all/arp_ignore", "1", "only the interface that holds an address answers ARP for it"),
    Sysctl("net/ipv4/conf/all/arp_announce", "2", "virtual IPs are not announced as sources"),
]
