"""The objects that the benchmarks of the server create, as JSON with NAME where the name goes.

Called by the benchmarks of the server. It calls nothing.
"""

SERVICE = (
    '{"apiVersion":"v1","kind":"Service","metadata":{"name":"NAME","labels":{"app":"bench"}},'
    '"spec":{"selector":{"app":"bench"},"ports":[{"name":"http","port":80,"targetPort":8080}]}}'
)
CONFIG_MAP = (
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"NAME","labels":{"app":"bench"}},'
    '"data":{"colour":"blue","size":"large","text":"a few words that somebody wrote down here"}}'
)
