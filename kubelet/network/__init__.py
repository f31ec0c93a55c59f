"""The pods' network on one node: addresses, the bridge, each pod's link, and the routes to other nodes' pods."""
