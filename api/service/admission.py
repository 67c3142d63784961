"""Admission of requests: a bounded number at work, and a short queue behind them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from heapwright.api.service.problems import Refused


class Admission:
    """At most `at_once` at work; who waits longer than `longest_wait`, or finds the queue full, is refused."""

    def __init__(self, at_once: int, queue: int, longest_wait: float) -> None:
        self._longest_wait = longest_wait
        self._admitted = threading.BoundedSemaphore(at_once + queue)
        self._at_work = threading.BoundedSemaphore(at_once)

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Wait until a worker is free, and keep it.

        Raises:
            Refused: 503; the service is busy.
        """
        if not self._admitted.acquire(blocking=False):
            raise self._busy()
        try:
            if not self._at_work.acquire(timeout=self._longest_wait):
                raise self._busy()
            try:
                yield
            finally:
                self._at_work.release()
        finally:
            self._admitted.release()

    def _busy(self) -> Refused:
        after = str(max(1, round(self._longest_wait)))
        return Refused(503, "every worker is busy; try again later", headers={"Retry-After": after})
