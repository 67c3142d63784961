"""Ctrl-C while a command starts: nothing is open yet, so the process goes at once and quietly.

A command that may have something to close calls `raise_on_interrupt` first.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Final

INTERRUPTED: Final = 130
"""The exit code of an interrupted command."""


def exit_on_interrupt() -> None:
    """From here on an interrupt ends the process with the code of an interrupted one."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else the caller wants it otherwise
        signal.signal(signal.SIGINT, _gone)


def raise_on_interrupt() -> None:
    """From here on an interrupt unwinds the stack, as it does in any Python program."""
    if signal.getsignal(signal.SIGINT) is _gone:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def finishing() -> Iterator[None]:
    """An interrupt waits until what is begun is done, such as an answer that is half written; a second one does not."""
    kept = signal.getsignal(signal.SIGINT)
    seen: list[bool] = []

    def wait(*_: object) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(True)

    if kept not in (signal.default_int_handler, _gone) or current_thread() is not main_thread():
        yield  # the caller wants it otherwise
        return
    signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, kept)
    if seen:
        raise KeyboardInterrupt


def _gone(*_: object) -> None:
    os._exit(INTERRUPTED)
