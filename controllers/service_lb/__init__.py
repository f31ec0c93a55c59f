"""The service (load balancer) controller: what of a load balancer no cluster can do by itself, a cloud does."""
