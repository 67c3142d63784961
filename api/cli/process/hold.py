"""Keeping buffers until somebody says stop: the end of standard input, Ctrl-C, or SIGTERM."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(SystemExit):
    """Somebody asked this process to end; its code is a shell's for that signal."""


@contextmanager
def unwinding_on_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that what is held is given back."""
    before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(128 + number)


def until_stopped(listens: bool, say: Callable[[], None]) -> None:
    """Wait for the end of standard input where this process `listens` to it, else for a signal alone.

    `say` tells whoever waits that they may stop it: from there on, being stopped is the right end.
    """
    try:
        with _wakeup_fd() as wakeup:
            say()
            ends = [wakeup] if not listens or sys.stdin is None else [wakeup, sys.stdin.fileno()]
            while True:
                ready, _, _ = select.select(ends, [], [])
                for descriptor in ready:
                    if not os.read(descriptor, 4096) and descriptor != wakeup:
                        return
    except (KeyboardInterrupt, Stopped):
        return


@contextmanager
def _wakeup_fd() -> Iterator[int]:
    """A descriptor that is readable once a signal has come, be it just before somebody sleeps on it."""
    reads, writes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    try:
        yield reads
    finally:
        signal.set_wakeup_fd(before)
        os.close(reads)
        os.close(writes)
