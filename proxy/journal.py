"""What the loop says of its turns: the log, and the operations themselves for `--dry-run` and `-v 4`.

Called by `proxy.runner`. It calls logging. It leaves out metrics (`observed`) and what people may ask for (`debug`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from proxy import metrics
from proxy.dataplane import Outcome

log = logging.getLogger("proxy")


def show(operations: Sequence[Any], print_them: bool) -> None:
    """Each operation, printed as the command that would do the same, or logged where that is asked for."""
    metrics.OPERATIONS.inc(by=len(operations))
    if print_them:
        for operation in operations:
            print(operation, flush=True)
    elif log.isEnabledFor(logging.DEBUG):
        for operation in operations:
            log.debug("%s", operation)


def sum_up(what: str, changed: int, outcome: Outcome, operations: int, seconds: float) -> None:
    """One line for one turn; one that found nothing to do is not worth it."""
    log.log(
        logging.INFO if operations or outcome.failures else logging.DEBUG,
        "%s: %d changed, %d operations, %d failed, %.1f ms",
        what, changed, operations, len(outcome.failures), seconds * 1000,
    )  # fmt: skip
