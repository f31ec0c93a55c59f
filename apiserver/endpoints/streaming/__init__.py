"""exec, attach, port-forward and logs: streams that the API server relays to the kubelet.

    kubectl --websocket or SPDY/3.1--> API server --websocket or HTTPS--> kubelet

`kubelet` reaches the node; `remotecommand` and `portforward` relay; `spdy` (pure) and `spdy_session` speak SPDY, over
the connection itself or, as newer kubectls do for port-forward, inside a websocket. The handlers are in
`endpoints/handlers/connect.py`.
"""
