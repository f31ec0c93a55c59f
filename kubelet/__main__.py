"""`python -m kubelet`: flags, logging, signals; then `kubelet.kubelet` until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys

from kube.client import Client, ConfigError
from kubelet.config import KubeletConfig, from_arguments
from kubelet.kubelet import Kubelet


async def serve(config: KubeletConfig) -> None:
    """Runs until a signal comes."""
    async with Client.from_kubeconfig(config.kubeconfig or None, user_agent="kubelet") as client:
        running = asyncio.create_task(Kubelet(config, client).run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, running.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await running


def main() -> int:
    config = from_arguments()
    level = logging.DEBUG if config.verbosity >= 4 else logging.INFO
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname).1s %(name)s: %(message)s")
    for name in ("httpx", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        asyncio.run(serve(config))
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
