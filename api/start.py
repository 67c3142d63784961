"""Where the commands start: an interrupt is listened to before anything is imported.

Importing takes tenths of a second, in which Ctrl-C would print where Python was; modules
in C even make another error of it. Nothing is open yet that would have to be closed, so
the process goes at once, with the code of an interrupted one. A command that may have
something to close says when it is `ready`.
"""

from __future__ import annotations

import os

INTERRUPTED = 130

try:
    import signal
except KeyboardInterrupt:
    os._exit(INTERRUPTED)


def solve() -> None:
    """Entry point of the script `solve`."""
    _listening()
    from api.cli import solve_main

    solve_main()


def heapwright() -> None:
    """Entry point of the script `heapwright`."""
    _listening()
    from api.cli import heapwright_main

    heapwright_main()


def ready() -> None:
    """From here on an interrupt unwinds the stack, as it does in any Python program."""
    if signal.getsignal(signal.SIGINT) is _gone:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _listening() -> None:
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else the caller wants it otherwise
        signal.signal(signal.SIGINT, _gone)


def _gone(*_: object) -> None:
    os._exit(INTERRUPTED)
