"""The Node object and its Lease: that this machine is there, what it has, and that it lives."""
