"""`python -m controllers`: flags, logging, signals, and the event loop.

Started by the lab, by compose, or by hand. It calls `controllers.manager`. A second signal ends it at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys

import uvloop

from controllers import manager
from controllers.config import Config, parse
from kube import process_metrics
from kube.client import ConfigError


async def _until_signalled(config: Config) -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await manager.main(config)


def main(arguments: list[str] | None = None) -> int:
    config = parse(sys.argv[1:] if arguments is None else arguments)
    level = {0: logging.WARNING, 1: logging.WARNING}.get(config.v, logging.INFO if config.v < 4 else logging.DEBUG)
    logging.basicConfig(
        stream=sys.stderr, level=level, format="%(asctime)s %(levelname).1s %(name)s: %(message)s", force=True
    )
    # Stores hold hundreds of thousands of long-lived objects; collecting them again and again would stop the loop.
    gc.set_threshold(50_000, 50, 1000)
    process_metrics.register()
    try:
        uvloop.run(_until_signalled(config))
    except (ConfigError, ValueError) as error:
        logging.error("%s", error)
        return 1
    except BaseExceptionGroup as errors:
        logging.error("a task failed: %r", manager.describe(errors), exc_info=errors)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
