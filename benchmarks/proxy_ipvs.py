"""How fast IPVS is programmed. In a guest:  python -m lab.uml --memory 2G -- python -m benchmarks.proxy_ipvs

Prints: a full sync of 1,000 Services x 10 endpoints against `ipvsadm --restore` of the same table; a full sync of
10,000 x 10; what one changed endpoint costs at 10 and at 10,000 Services; the memory. It changes the network
namespace that it runs in, and cleans it up.
"""

from __future__ import annotations

import argparse
import subprocess

from benchmarks.proxy_table import CIDR, Agent, endpoint_slice, median, pages, resident_megabytes, timed
from proxy.ipvs.kernel import Kernel
from proxy.ipvs.proxier import IpvsProxier


def agent() -> Agent:
    return Agent(IpvsProxier(Kernel([4], {4: CIDR}), lambda own: own))


def full_sync(count: int) -> tuple[Agent, float]:
    """From decoded objects to the kernel, everything on the way included."""
    one = agent()
    one.full_sync()  # sets, rules and sysctls are there, as at every start but the first
    took: list[float] = []
    for page in pages(count):
        with timed(took):
            one.set(*page)
    with timed(took):
        one.sync()
    return one, sum(took)


def ipvsadm_restore() -> float:
    """The table that is in the kernel now, restored by ipvsadm after it was cleared."""
    saved = subprocess.run(["ipvsadm", "-Sn"], capture_output=True, check=True).stdout
    subprocess.run(["ipvsadm", "-C"], check=True)
    took: list[float] = []
    with timed(took):
        subprocess.run(["ipvsadm", "-R"], input=saved, check=True)
    return took[0]


def one_change(one: Agent, number: int) -> None:
    """One endpoint of one Service is replaced by another, and back at the next call."""
    one.set(endpoint_slice(number % 2, first=number // 2 % 2))
    one.sync()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--services", type=int, default=10_000)
    many = parser.parse_args().services
    one, seconds = full_sync(1000)
    restore = ipvsadm_restore()
    print(
        f"full sync 1,000 x 10: {seconds:.2f} s; ipvsadm --restore: {restore:.2f} s; {restore / seconds:.1f} x faster"
    )
    one.dataplane.cleanup()
    one, _ = full_sync(10)
    small = median(lambda n: one_change(one, n), 40)
    one.dataplane.cleanup()
    before = resident_megabytes()
    one, seconds = full_sync(many)
    print(f"full sync {many:,} x 10: {seconds:.2f} s")
    large = median(lambda n: one_change(one, n), 40)
    few, lots = small[0], large[0]
    print(f"ten endpoints changed: {few:.2f} ms at 10 Services, {lots:.2f} ms at {many:,}; {lots / few:.2f} x")
    took: list[float] = []
    with timed(took):
        operations = one.full_sync()
    print(f"resync of {many:,} x 10, nothing to do: {took[0]:.2f} s, {operations} operations")
    print(f"memory: {resident_megabytes():.0f} MB ({before:.0f} MB before)")
    one.dataplane.cleanup()


if __name__ == "__main__":
    main()
