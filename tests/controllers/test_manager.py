"""The manager: which controllers run, with how many workers, what `/metrics` shows, and that no key stops a loop."""

from __future__ import annotations

import asyncio
from collections import Counter
from unittest.mock import patch

import pytest

from controllers import health
from controllers.config import parse
from controllers.controller import Context, Controller
from controllers.manager import Manager, enabled
from controllers.registry import CONTROLLERS
from kube.client.fake import FakeClient, FakeServer
from kube.clock import FakeClock, settle
from kube.informer import Informers


@pytest.mark.parametrize(
    ("spec", "runs"),
    [
        ("*", ["a-controller", "b-controller", "c"]),
        ("*,-b-controller", ["a-controller", "c"]),
        ("*,-b", ["a-controller", "c"]),
        ("-b,*", ["a-controller", "c"]),
        ("a,c", ["a-controller", "c"]),
        ("*,-a,a", ["b-controller", "c"]),
        ("-a", []),
        ("", []),
    ],
)
def test_which_controllers_run(spec: str, runs: list[str]) -> None:
    assert enabled(spec, ["a-controller", "b-controller", "c"]) == runs


def test_a_controller_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match='"nonsense" is not in the list of known controllers'):
        enabled("*,-nonsense", CONTROLLERS)


def test_worker_flags_have_upstreams_names_and_defaults() -> None:
    config = parse(["--concurrent-deployment-syncs", "7"])
    assert config.workers["deployment-controller"] == 7
    assert config.workers["garbage-collector-controller"] == 20
    assert config.workers.keys() <= CONTROLLERS.keys()
    with pytest.raises(SystemExit):
        parse(["--concurrent-gc-syncs", "0"])


async def test_so_many_keys_are_worked_on_at_a_time() -> None:
    at_once = most = 0

    class Slow(Controller):
        name = "slow"

        async def sync(self, key: int) -> None:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    controller = Slow(context(workers={"slow": 3}))
    async with running(controller):
        for key in range(10):
            controller.queue.add(key)
        await settle()
    assert most == 3


async def test_a_long_queue_lets_others_have_their_turn() -> None:
    turns = 0

    class Quick(Controller):
        name = "quick"
        workers = 1

        async def sync(self, key: int) -> None:
            seen.append(turns)

    seen: list[int] = []
    controller = Quick(context())
    async with running(controller):
        for key in range(100):
            controller.queue.add(key)
        while len(seen) < 100:
            await asyncio.sleep(0)
            turns += 1
    assert len(set(seen)) >= 99


@pytest.mark.parametrize("name", CONTROLLERS)
async def test_a_panic_in_one_key_never_stops_a_controller(name: str) -> None:
    tried: Counter[str] = Counter()

    async def sync(key: str) -> None:
        tried[key] += 1
        if key == "bad":
            raise ZeroDivisionError

    made = context()
    controller = CONTROLLERS[name](made)
    controller.workers = max(controller.workers, 1)
    with patch.object(controller, "sync", sync), patch.object(controller, "background", lambda: ()):
        async with running(controller):
            for round_ in range(50):
                controller.queue.add("bad")
                controller.queue.add(f"good {round_}")
                await settle()
                await made.clock.advance(60)
    assert tried["bad"] > 50, "it is tried again by itself"
    assert sum(tried[key] for key in tried if key != "bad") == 50


async def test_a_panic_in_periodic_work_does_not_end_it() -> None:
    made, rounds = context(), 0

    class Periodic(Controller):
        name = "periodic"

        def background(self):
            yield self.every(10, self.work)

        async def work(self) -> None:
            nonlocal rounds
            rounds += 1
            raise ZeroDivisionError

    async with running(Periodic(made)):
        for _ in range(3):
            await settle()
            await made.clock.advance(10)
    assert rounds >= 3


async def test_one_process_keeps_its_name_from_term_to_term() -> None:
    """A lease that was lost to an absent server is then its own still."""
    manager = Manager(parse([]), client=None)
    assert manager._elector().identity == manager._elector().identity
    assert Manager(parse([]), client=None).identity != manager.identity


def test_queues_are_called_as_by_kube_controller_manager() -> None:
    names = {kind.queue_name or name for name, kind in CONTROLLERS.items()}
    assert len(names) == len(CONTROLLERS), "two queues would be one line of the page"
    assert names >= {"deployment", "replicaset", "endpoint", "endpoint_slice", "endpoint_slice_mirroring", "service"}
    assert CONTROLLERS["endpointslice-controller"](context()).queue.name == "endpoint_slice"


async def test_health_and_metrics() -> None:
    ready = False

    class Named(Controller):
        name = "named"

        async def sync(self, key: int) -> None:
            pass

    controller = Named(context())
    async with running(controller), health.serve("127.0.0.1", 0, lambda: ready, controller.queue.refresh_metrics) as at:
        controller.queue.add(1)
        await settle()
        assert (await ask(at, "/healthz"))[0] == 200
        assert await ask(at, "/readyz") == (500, "informers have not synced")
        ready = True
        assert await ask(at, "/readyz") == (200, "ok")
        _, page = await ask(at, "/metrics")
    for line in (
        'workqueue_adds_total{name="named"} 1',
        'workqueue_depth{name="named"} 0',
        'workqueue_queue_duration_seconds_count{name="named"} 1',
        'workqueue_work_duration_seconds_count{name="named"} 1',
        'workqueue_unfinished_work_seconds{name="named"} 0',
        'workqueue_longest_running_processor_seconds{name="named"} 0',
    ):
        assert line in page


def context(**options: object) -> Context:
    clock = FakeClock()
    client = FakeClient(FakeServer(clock=clock))
    return Context(client, Informers(client, clock=clock), clock, **options)


class running:
    """The controller's workers, while the block runs."""

    def __init__(self, controller: Controller):
        self.controller = controller

    async def __aenter__(self) -> None:
        self.task = asyncio.create_task(self.controller.run())
        await settle()

    async def __aexit__(self, *_: object) -> None:
        assert not self.task.done()
        self.task.cancel()
        await asyncio.wait({self.task})


async def ask(port: int, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body
