"""`kubectl_lite trace FROM TO`: sends one real request and shows every hop that it took.

places   what FROM and TO mean
send     sends the request, then asks the nodes what became of it (the half that talks)
hops     from what they said to the hops (pure)
"""
