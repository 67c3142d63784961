"""Work that Ctrl-C can interrupt: the main thread waits, another one works.

A search in C++ does not look at Python's signals, so in the main thread it
would run to its end before an interrupt is heard.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

Value = TypeVar("Value")
GLANCE: Final = 0.25
"""Seconds between two looks for signals."""


def interruptible(work: Callable[[], Value], meanwhile: Callable[[], None] = lambda: None) -> Value:
    """The result of `work`, or what it raised; KeyboardInterrupt comes through at once.

    `meanwhile` is called now and then as long as it takes.
    """
    results: list[Value] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as wrong:
            errors.append(wrong)

    thread = threading.Thread(target=run, name="solve", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(GLANCE)  # a signal that comes just before it sleeps is heard after it
        if thread.is_alive():
            meanwhile()
    if errors:
        raise errors[0]
    return results[0]
