"""The node IPAM controller: gives each node its part of the cluster's pod range."""
