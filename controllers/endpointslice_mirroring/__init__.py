"""Mirrors hand-made Endpoints into EndpointSlices, which is all that proxies read."""
