"""A request of the command line, in plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

EVERY_BOARD = "all"
DEFAULT_SECONDS = 30.0
"""Within which a command answers if nothing else is asked for."""
THIS_MACHINE = "this-machine"
"""The running machine, as `discover` reads it."""


class SolveRequest(NamedTuple):
    """One call of `solve`."""

    files: tuple[str, ...]
    platform: str
    kernel: str | None = None
    as_json: bool = False
    as_markdown: bool = False
    to: Path | None = None
    pins: tuple[str, ...] = ()
    why_not: str | None = None
    alternatives: int = 0
    live: tuple[str, ...] = ()
    strict: bool = False
    time_limit: float | None = None
    work_limit: float | None = None
    gap: float = 0.0
    engine: Literal["all", "cpsat"] = "all"
    allocate: str | None = None
    """Where the plan is carried out: `simulated` or `linux`."""
    hold: bool = False
    stats: bool = False
