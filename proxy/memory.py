"""How this process collects garbage: seldom.

Called by `__main__`, `proxy.runner` and benchmarks. A proxy holds a few hundred thousand small tuples for as long as
their Services live; walking through all of them whenever 700 new ones were made took longer than all the rest of a full
sync.
"""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Tuples that nobody refers to are freed at once as ever; only cycles wait longer."""
    gc.set_threshold(50_000, 50, 1000)


def keep_what_is_there() -> None:
    """What the first comparison has made stays: no later collection looks at it, which would hold up a change."""
    gc.freeze()
