"""A lab's lock, which goes with the lab."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path

from lab.config import Layout
from lab.state import locked


def test_labs_that_come_and_go_are_never_in_two_hands(tmp_path: Path) -> None:
    """Each takes the lock away with the last file, as `lab down` does, while the others wait for it."""
    layout, inside, most = Layout(tmp_path / "lab"), [], []

    def come_and_go() -> None:
        for _ in range(100):
            with locked(layout):
                inside.append(1)
                time.sleep(0)
                most.append(len(inside))
                inside.pop()
                layout.lock.unlink()  # from here on the next may begin
                with suppress(OSError):
                    layout.root.rmdir()

    threads = [threading.Thread(target=come_and_go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 800, "one of them failed"
    assert max(most) == 1
