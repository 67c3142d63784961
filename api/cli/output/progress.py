"""What a long search has found so far, on one line of a terminal that goes when the answer comes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic
from types import TracebackType
from typing import Any, Final

from heapwright.solver.answer import render
from heapwright.solver.answer.plan import Plan

SILENT: Final = 0.5
"""Seconds in which nothing is said: most answers are there by then."""


class ProgressLine:
    """The best plan so far and the time, once this takes a while; nothing where standard error is no terminal.

    Plans may come from another thread; the line is drawn in the one that calls `show`.
    """

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self._began = monotonic()
        self._listens = sys.stderr is not None and sys.stderr.isatty()
        self._line: Any = None
        self._spinner: Any = None
        self._shown = ExitStack()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._shown.close()

    @property
    def listener(self) -> Callable[[Plan], None] | None:
        """Who is to be told of better plans, if anybody looks."""
        return self.improved if self._listens else None

    def improved(self, plan: Plan) -> None:
        """There is a better plan, or a better bound."""
        self.plan = plan

    def show(self) -> None:
        """Bring the line up to date."""
        seconds = monotonic() - self._began
        if not self._listens or seconds < SILENT:
            return
        text = f"{render.so_far(self.plan)} · {seconds:.1f} s"
        if self._line is not None:
            self._spinner.update(text=text)
        else:
            from rich.console import Console
            from rich.live import Live
            from rich.spinner import Spinner

            self._spinner = Spinner("dots", text, style="cyan")
            console = Console(stderr=True, highlight=False)
            line = Live(self._spinner, console=console, refresh_per_second=4, transient=True)
            self._line = self._shown.enter_context(line)
        self._line.refresh()
