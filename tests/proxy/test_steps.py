"""Work in steps: its result, and programs that are waited for a moment at a time."""

from __future__ import annotations

import pytest

from proxy.dataplane import Outcome
from proxy.steps import Steps, at_once, outcomes, pages, run


def counting(to: int) -> Steps[int]:
    for _ in range(to):
        yield
    return to


def test_a_result_comes_at_the_end():
    assert at_once(counting(3)) == 3
    work = outcomes(counting(2))
    assert [next(work), next(work)] == [Outcome(), Outcome()]
    with pytest.raises(StopIteration) as end:
        next(work)
    assert end.value.value == 2


@pytest.mark.parametrize("count, sizes", [(0, []), (2, [2]), (3, [3]), (7, [3, 3, 1])])
def test_pages(count: int, sizes: list[int]):
    assert [len(page) for page in pages(range(count), 3)] == sizes
    assert [item for page in pages(range(count), 3) for item in page] == list(range(count))


def test_a_program_is_waited_for_in_steps():
    work, steps = run(["sh", "-c", "sleep 0.1; echo out; echo wrong >&2; exit 3"]), 0
    try:
        while True:
            next(work)
            steps += 1
    except StopIteration as end:
        assert end.value == (3, "out\n", "wrong\n")
    assert steps > 1
