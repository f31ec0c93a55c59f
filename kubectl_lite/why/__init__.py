"""`kubectl_lite why service/NAME`: the way of a packet to a Service, walked step by step, until it breaks.

gather   asks the API server, the nodes and their proxies (the half that talks)
facts    what they said
steps    an ordered walk: each a small function from the facts to findings (the half that judges; pure)
judge    the walk
show     the findings, for people and for machines
"""
