"""Machines made of namespaces, for tests that need a network and a process tree of their own."""

from tests.lab.conftest import make_machine

__all__ = ["make_machine"]
