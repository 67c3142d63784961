"""Work that must end does, and an end never comes late."""

from __future__ import annotations

import contextlib
import time

import pytest

from heapwright.api.service.deadline import OutOfTime, within


def test_work_in_time_gives_its_result() -> None:
    assert within(10, lambda: 7) == 7


def test_endless_work_is_stopped() -> None:
    def forever() -> None:
        while True:
            try:
                time.sleep(0.001)
            except Exception:  # careless code on the way must not swallow the stop
                continue

    start = time.monotonic()
    with pytest.raises(OutOfTime, match=r"not done within 0\.05 s"):
        within(0.05, forever)
    assert time.monotonic() - start < 5


def test_what_the_work_raises_comes_through() -> None:
    with pytest.raises(KeyError):
        within(10, lambda: {}["x"])


def test_no_stop_comes_after_the_work() -> None:
    for _ in range(200):
        with contextlib.suppress(OutOfTime):
            within(0.0005, lambda: time.sleep(0.0004))
    time.sleep(0.05)
