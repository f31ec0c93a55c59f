"""The lab's cloud: a load balancer on a host of its own, and the provider that sets it up for Services."""
