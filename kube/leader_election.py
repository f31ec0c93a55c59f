"""Leader election: of several processes one works, by holding a Lease.

Called by the controller manager (and whatever must run once). It calls the client. It leaves out what to do on losing
the lease: `run` returns, and its caller contends again or exits.
Source: client-go's tools/leaderelection/leaderelection.go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from kube.api.coordination_v1 import Lease, LeaseSpec
from kube.apimachinery import times
from kube.apimachinery.errors import AlreadyExists, Conflict, NotFound, StatusError
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.client import Unreachable
from kube.clock import Clock, RealClock
from kube.metrics import Gauge

log = logging.getLogger(__name__)

STATUS = Gauge(
    "leader_election_master_status",
    "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.",
    ("name",),
)


@dataclass(frozen=True)
class Timing:
    """Others wait `lease_duration` for a silent leader; a leader gives up after `renew_deadline`; both try every
    `retry_period`. With these a dead leader is replaced within 9.5 s, one that stops cleanly within 1.5 s."""

    lease_duration: float = 8.0
    renew_deadline: float = 5.0
    retry_period: float = 1.0

    def __post_init__(self) -> None:
        if not self.lease_duration > self.renew_deadline > self.retry_period > 0:
            raise ValueError("lease_duration must exceed renew_deadline, and that retry_period")


class LeaderElector:
    """Contends for one Lease.

    1. Two electors never work at the same time, as long as their clocks run at about the same rate: a leader that could
       not renew for `renew_deadline` has cancelled its work, and nobody takes over before `lease_duration`.
    2. The clocks of two machines are never compared: a lease has expired when this process has seen no change of it for
       `lease_duration`.
    3. A leader that is cancelled stops its work first, then releases the lease, so that the next need not wait.
    4. Of several that try at once, the server lets one succeed (optimistic concurrency).
    """

    def __init__(
        self,
        client: Any,
        name: str,
        identity: str,
        *,
        namespace: str = "kube-system",
        timing: Timing | None = None,
        clock: Clock | None = None,
    ):
        self._client, self._name, self._namespace = client, name, namespace
        self._timing = timing or Timing()
        self.identity = identity
        self._clock = clock or RealClock()
        self._seen: Lease | None = None
        self._seen_at = 0.0
        self.is_leader = False

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Waits until it leads, runs `work`, and returns when the work is done or the lease is lost.

        What `work` raises is raised here, after the lease was released.
        """
        await self._acquire()
        self._set_leader(True)
        task = asyncio.ensure_future(work())
        renewing = asyncio.create_task(self._renew())
        try:
            await asyncio.wait({task, renewing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            held = not renewing.done()
            await _stop(task)
            await _stop(renewing)
            self._set_leader(False)
            if held:
                await self._release()
        if task.done() and not task.cancelled() and task.exception() is not None:
            raise task.exception()

    def _set_leader(self, leads: bool) -> None:
        self.is_leader = leads
        STATUS.set(float(leads), self._name)
        log.info("%s %s the lease %s/%s", self.identity, "holds" if leads else "no longer holds", *self._key)

    @property
    def _key(self) -> tuple[str, str]:
        return self._namespace, self._name

    async def _acquire(self) -> None:
        while not await self._try():
            await self._clock.sleep(self._timing.retry_period * random.uniform(1.0, 1.5))

    async def _renew(self) -> None:
        """Returns when the lease is lost."""
        renewed = self._clock.monotonic()
        while True:
            await self._clock.sleep(self._timing.retry_period)
            left = renewed + self._timing.renew_deadline - self._clock.monotonic()
            began = self._clock.monotonic()
            if left > 0 and await self._try_within(left):
                renewed = began
            elif left <= 0 or self._held_by_another():
                log.warning("%s lost the lease %s/%s", self.identity, *self._key)
                return

    async def _try_within(self, seconds: float) -> bool:
        attempt = asyncio.ensure_future(self._try())
        timer = self._clock.call_later(seconds, attempt.cancel)
        try:
            return await attempt
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():
                await _stop(attempt)
                raise
            return False
        finally:
            timer.cancel()

    def _held_by_another(self) -> bool:
        return self._seen is not None and self._seen.spec.holderIdentity not in (self.identity, "", None)

    async def _try(self) -> bool:
        """Takes or renews the lease if it may. Never raises but on cancellation."""
        try:
            lease = await self._client.get(Lease, self._name, self._namespace)
        except NotFound:
            return await self._create()
        except (StatusError, Unreachable, ValueError) as error:
            log.warning("cannot read the lease %s/%s: %s", *self._key, error)
            return False
        self._observe(lease)
        if not self._may_take(lease):
            return False
        return await self._write(self._taken(lease))

    def _observe(self, lease: Lease) -> None:
        if self._seen is None or self._seen.spec != lease.spec:
            self._seen, self._seen_at = lease, self._clock.monotonic()

    def _may_take(self, lease: Lease) -> bool:
        holder = lease.spec.holderIdentity
        if not holder or holder == self.identity:
            return True
        patience = max(float(lease.spec.leaseDurationSeconds or 0), self._timing.lease_duration)
        return self._clock.monotonic() >= self._seen_at + patience

    def _taken(self, lease: Lease) -> Lease:
        spec, now = lease.spec, times.format_micro_time(self._clock.now())
        lease = lease.deep_copy()
        if spec.holderIdentity != self.identity:
            lease.spec.acquireTime = now
            lease.spec.leaseTransitions = (spec.leaseTransitions or 0) + 1
        lease.spec.holderIdentity = self.identity
        lease.spec.leaseDurationSeconds = max(1, round(self._timing.lease_duration))
        lease.spec.renewTime = now
        return lease

    async def _create(self) -> bool:
        lease = self._taken(Lease(metadata=ObjectMeta(name=self._name, namespace=self._namespace), spec=LeaseSpec()))
        lease.spec.leaseTransitions = 0
        try:
            self._observe(await self._client.create(lease))
            return True
        except AlreadyExists:
            return False
        except (StatusError, Unreachable, ValueError) as error:
            log.warning("cannot create the lease %s/%s: %s", *self._key, error)
            return False

    async def _write(self, lease: Lease) -> bool:
        try:
            self._observe(await self._client.update(lease))
            return True
        except Conflict:
            return False
        except (StatusError, Unreachable, ValueError) as error:
            log.warning("cannot write the lease %s/%s: %s", *self._key, error)
            return False

    async def _release(self) -> None:
        """Best effort: if it fails, the others wait for the lease to expire."""
        with contextlib.suppress(StatusError, Unreachable, ValueError):
            lease = await self._client.get(Lease, self._name, self._namespace)
            if lease.spec.holderIdentity == self.identity:
                lease.spec.holderIdentity = ""
                lease.spec.leaseDurationSeconds = 1
                lease.spec.renewTime = times.format_micro_time(self._clock.now())
                await self._client.update(lease)


async def _stop(task: asyncio.Future) -> None:
    task.cancel()
    await asyncio.wait({task})
