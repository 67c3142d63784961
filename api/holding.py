"""Keeping buffers until somebody says stop: the end of standard input, Ctrl-C, or SIGTERM."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_FOREVER: Final = 3600.0


class Stopped(SystemExit):
    """Somebody asked this process to end; its code is a shell's for that signal."""


@contextmanager
def ending_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that what is held is given back."""
    before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(128 + number)


def until_told(listens: bool, say: Callable[[], None]) -> None:
    """Wait for the end of standard input where this process `listens` to it, else for a signal alone.

    `say` tells whoever waits that they may stop it: from there on, being stopped is the right end.
    """
    try:
        say()
        while True:
            if not listens or sys.stdin is None:
                signal.pause()
                continue
            ready, _, _ = select.select([sys.stdin], [], [], _FOREVER)
            if ready and not os.read(sys.stdin.fileno(), 4096):
                return
    except (KeyboardInterrupt, Stopped):
        return
