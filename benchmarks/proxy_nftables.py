"""How fast nftables is programmed. In a namespace:  unshare --net python -m benchmarks.proxy_nftables

Prints: a full sync of 10,000 Services x 10 endpoints; what one added Service and one changed endpoint cost at 10 and at
10,000 Services; a resync with nothing to do and after a foreign change; the memory.
"""

from __future__ import annotations

import argparse
import subprocess

from benchmarks.proxy_table import CIDR, Agent, endpoint_slice, median, pages, resident_megabytes, service, timed
from proxy.nftables.kernel import Nft
from proxy.nftables.proxier import NftablesProxier
from proxy.nftables.skeleton import Settings


def agent() -> Agent:
    return Agent(NftablesProxier(Nft(), [Settings(4, CIDR)]))


def full_sync(count: int) -> tuple[Agent, float]:
    """From decoded objects to the kernel, everything on the way included."""
    one = agent()
    took: list[float] = []
    for page in pages(count):
        with timed(took):
            one.set(*page)
    with timed(took):
        one.full_sync()
    return one, sum(took)


def add_one(one: Agent, number: int) -> None:
    one.set(service(60_000 + number), endpoint_slice(60_000 + number))
    one.sync()


def change_one(one: Agent, number: int) -> None:
    one.set(endpoint_slice(number % 2, first=number // 2 % 2))
    one.sync()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--services", type=int, default=10_000)
    many = parser.parse_args().services
    one, _ = full_sync(10)
    small = median(lambda n: add_one(one, n), 20)[0], median(lambda n: change_one(one, n), 20)[0]
    one.dataplane.cleanup()
    one, seconds = full_sync(many)
    print(f"full sync {many:,} x 10: {seconds:.2f} s")
    large = median(lambda n: add_one(one, n), 20)[0], median(lambda n: change_one(one, n), 20)[0]
    for what, few, lots in zip(("one Service added", "ten endpoints changed"), small, large, strict=True):
        print(f"{what}: {few:.1f} ms at 10 Services, {lots:.1f} ms at {many:,}")
    took: list[float] = []
    with timed(took):
        one.full_sync()
    subprocess.run(["nft", "add table ip foreign"], check=True)
    with timed(took):
        operations = one.full_sync()
    print(
        f"resync, nobody wrote: {took[0] * 1000:.1f} ms; after somebody wrote: {took[1]:.2f} s, {operations} operations"
    )
    print(f"memory: {resident_megabytes():.0f} MB")
    one.dataplane.cleanup()


if __name__ == "__main__":
    main()
