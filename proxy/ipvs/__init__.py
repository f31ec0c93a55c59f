"""The IPVS dataplane: virtual servers in the kernel's load balancer, their addresses on `kube-ipvs0`, masquerading with
ipset and iptables. README.md draws the packet's path.

    operations  what is done to the kernel, one small tuple each, printed as ipvsadm, ip or ipset would be called
    lower       a Service's state -> virtual servers, addresses, set members (pure)
    plan        old and new, or kernel and wanted -> operations (pure)
    rules       the iptables rules and the sets, which never change while the proxy runs (pure)
    messages    operations <-> netlink bytes (pure)
    kernel      sends batches, reads the kernel back
    draining    destinations on their way out
    proxier     puts them together
"""
