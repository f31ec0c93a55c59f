"""Runs this folder's tests in a User-Mode Linux guest, for IPVS, where this machine's kernel has none."""

from __future__ import annotations

import os
import sys

import pytest

from lab.uml import missing, run
from proxy.ipvs import kernel as ipvs

pytestmark = pytest.mark.uml


@pytest.mark.skipif(ipvs.available(), reason="this kernel has IPVS: the tests beside this one use it")
@pytest.mark.skipif(bool(missing()), reason=f"apt-get install {' '.join(missing())}")
@pytest.mark.timeout(1300)
def test_the_packet_tests_pass_on_real_ipvs():
    """One guest for all: it boots in 3 s."""
    folder = os.path.dirname(__file__)
    command = [sys.executable, "-m", "pytest", folder, "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", "ipvs"]
    ended = run([*command, "--durations=5"], memory="1G", timeout=1200, capture=True)
    print(ended.stdout[-8000:], ended.stderr[-2000:])
    assert ended.returncode == 0, ended.stdout[-6000:]
