"""Where the commands start: an interrupt is listened to before anything is imported.

Importing takes tenths of a second, in which Ctrl-C would print where Python was; modules
in C even make another error of it.
"""

from __future__ import annotations

import os

try:
    from heapwright.api.cli.process.interrupts import listen
except KeyboardInterrupt:
    os._exit(130)


def solve() -> None:
    """Entry point of the script `solve`."""
    listen()
    from heapwright.api.cli.app import solve_main

    solve_main()


def heapwright() -> None:
    """Entry point of the script `heapwright`."""
    listen()
    from heapwright.api.cli.app import heapwright_main

    heapwright_main()
