"""How long a failure waits."""

from __future__ import annotations

import pytest

from proxy.retries import LONGEST_RETRY, Retries, Retry

KEY = ("default", "myapp")


def test_each_failure_in_a_row_waits_twice_as_long_and_the_second_compares():
    retries = Retries()
    assert [retries.failed(KEY, was_changed=True) for _ in range(3)] == [
        Retry(0.1, False), Retry(pytest.approx(0.2), True), Retry(pytest.approx(0.4), True),
    ]  # fmt: skip
    assert retries.failed(("default", "other"), was_changed=True) == Retry(0.1, False)
    retries.succeeded([KEY])
    assert retries.failed(KEY, was_changed=True) == Retry(0.1, False)


def test_no_wait_is_longer_than_the_longest():
    retries = Retries()
    assert [retries.failed(KEY, was_changed=True) for _ in range(2000)][-1] == Retry(LONGEST_RETRY, True)


def test_what_is_no_single_change_is_compared():
    retries = Retries()
    assert retries.failed(None, was_changed=False).compare
    assert retries.failed(KEY, was_changed=False).compare
