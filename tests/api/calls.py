"""Calls for workers: what a question may do to the process that answers it."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from heapwright.api.workers.working import report


def process() -> int:
    """Who does it."""
    return os.getpid()


def sleep(seconds: float, value: Any = None) -> Any:
    """Take a while, deaf to everything."""
    time.sleep(seconds)
    return value


def say_and_sleep(value: Any, seconds: float = 600.0) -> None:
    """Report something, then take very long."""
    report(value)
    time.sleep(seconds)


def spin() -> None:
    """Use a core, deaf to everything that can be caught."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


def take(size: int, said: Any = None) -> int:
    """Take so many bytes of memory, and write to them."""
    report(said)
    return len([bytearray(1 << 20) for _ in range(size >> 20)])


def die(number: int) -> None:
    """Be ended by a signal."""
    os.kill(os.getpid(), number)
    time.sleep(600.0)


def unsendable() -> Any:
    """Return what cannot be sent."""
    return lambda: None


def fail() -> None:
    """Raise what nobody expects."""
    raise ZeroDivisionError("of a test")


def gone(*_: Any) -> None:
    """Instead of a worker: end at once."""
    os._exit(7)


_kept: list[bytearray] = []


def keep(size: int) -> None:
    """Take memory and do not give it back."""
    _kept.append(bytearray(size))
