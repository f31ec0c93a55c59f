"""The API server that kubectl_lite's tests ask."""

from tests.apiserver.conftest import apiserver

__all__ = ["apiserver"]
