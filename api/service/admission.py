"""Whose turn it is: a bounded number of questions at work, and a short line behind them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from heapwright.api.service.problems import Refused


class Turns:
    """At most `at_once` at work; who waits longer than `patience`, or finds the line full, is refused."""

    def __init__(self, at_once: int, line: int, patience: float) -> None:
        self._patience = patience
        self._here = threading.BoundedSemaphore(at_once + line)
        self._at_work = threading.BoundedSemaphore(at_once)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn and hold it.

        Raises:
            Refused: 503; the service is busy.
        """
        if not self._here.acquire(blocking=False):
            raise self._busy()
        try:
            if not self._at_work.acquire(timeout=self._patience):
                raise self._busy()
            try:
                yield
            finally:
                self._at_work.release()
        finally:
            self._here.release()

    def _busy(self) -> Refused:
        after = str(max(1, round(self._patience)))
        return Refused(503, "every worker is busy; try again later", headers={"Retry-After": after})
