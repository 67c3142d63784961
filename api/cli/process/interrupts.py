"""Ctrl-C while a command starts: nothing is open yet, so the process goes at once and quietly.

A command that may have something to close calls `raise_on_interrupt` first.
"""

from __future__ import annotations

import os
import signal
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


def _gone(*_: object) -> None:
    os._exit(INTERRUPTED)
