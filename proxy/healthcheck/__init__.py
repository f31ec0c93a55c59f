"""Health of two kinds: of this proxy (`/healthz`, `/livez`), and of Services with externalTrafficPolicy Local, each on
its health check node port.

    service_health   one listener a health check node port
    proxy_health     whether the proxy keeps up
"""
