"""Where the commands start: an interrupt is listened to before anything is imported.

Importing takes tenths of a second, in which Ctrl-C would print where Python was; modules
in C even make another error of it.
"""

from __future__ import annotations

import gc
import os
from typing import Final

try:
    from heapwright.api.cli.process.interrupts import exit_on_interrupt
except KeyboardInterrupt:
    os._exit(130)

GARBAGE: Final = 100_000
"""Objects made since Python last looked for cycles of garbage. Imports and propagation make many, and hardly a
cycle; the process is ours, so it looks less often."""


def solve() -> None:
    """Entry point of the script `solve`: one answer, before whose end no garbage is looked for."""
    exit_on_interrupt()
    gc.disable()
    _import_quickly()
    from heapwright.api.cli.app import solve_main

    solve_main()


def heapwright() -> None:
    """Entry point of the script `heapwright`."""
    exit_on_interrupt()
    gc.set_threshold(GARBAGE)
    _import_quickly()
    from heapwright.api.cli.app import heapwright_main

    heapwright_main()


def _import_quickly() -> None:
    """The models have no plugins; to look for some, pydantic would read what every installed package says of itself."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
