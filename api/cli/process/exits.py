"""Exit codes of the command line, and the boundary that keeps tracebacks in."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import typer

from heapwright.platforms.errors import HeapwrightError, InputError

if TYPE_CHECKING:
    from heapwright.solver.answer.plan import Answer

DEBUG: Final = "HEAPWRIGHT_DEBUG"


class Exit(IntEnum):
    """What a process says when it ends (design §9)."""

    PLAN = 0
    INFEASIBLE = 1
    BAD_INPUT = 2
    UNDECIDED = 3
    ALLOCATION_FAILED = 4
    PORT_IN_USE = 5
    """Of `heapwright serve` alone."""
    OUR_BUG = 70
    """EX_SOFTWARE of sysexits.h: nothing the caller did."""
    INTERRUPTED = 130


class CannotWrite(HeapwrightError):
    """The place an answer should go to does not take it."""


class CannotListen(HeapwrightError):
    """An address that a service cannot have; `taken`: somebody listens there already."""

    def __init__(self, message: str, *, taken: bool = False) -> None:
        super().__init__(message)
        self.taken = taken


def code_of(answer: Answer) -> Exit:
    """The exit code that goes with an answer."""
    if answer.status == "infeasible":
        return Exit.INFEASIBLE
    return Exit.UNDECIDED if answer.status == "undecided" else Exit.PLAN


def worst(codes: Sequence[Exit]) -> Exit:
    """The code of several answers: what failed to allocate, else any infeasible, else any undecided."""
    for code in (Exit.ALLOCATION_FAILED, Exit.INFEASIBLE, Exit.UNDECIDED):
        if code in codes:
            return code
    return Exit.PLAN


def to_stderr(message: str) -> None:
    """Say what went wrong, on standard error."""
    if sys.stderr is None:
        return
    try:
        print(message, file=sys.stderr, flush=True)
    except OSError:
        return


def guarded(run: Callable[[], int | None], name: str) -> int:
    """Run a command; whatever goes wrong becomes a message and an exit code."""
    try:
        return run() or Exit.PLAN
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else Exit.PLAN
    except typer.Abort:
        return Exit.INTERRUPTED
    except Exception as wrong:
        return _reported(wrong, name)


def _reported(wrong: Exception, name: str) -> int:
    """Say what went wrong and choose the exit code."""
    show = getattr(wrong, "show", None)
    if callable(show):  # typer's usage errors, whose class has moved between its releases
        show()
        return Exit.BAD_INPUT
    if isinstance(wrong, InputError):
        to_stderr("\n".join(f"{name}: {problem}" for problem in wrong.problems))
        return Exit.BAD_INPUT
    if isinstance(wrong, CannotWrite):
        to_stderr(f"{name}: {wrong}")
        return Exit.BAD_INPUT
    if isinstance(wrong, CannotListen):
        to_stderr(f"{name}: {wrong}")
        return Exit.PORT_IN_USE if wrong.taken else Exit.BAD_INPUT
    if os.environ.get(DEBUG):
        traceback.print_exception(wrong)
    text = " ".join(str(wrong).split())[:500]
    to_stderr(f"{name}: a bug of ours: {type(wrong).__name__}: {text} (set {DEBUG}=1 for the whole story)")
    return Exit.OUR_BUG


def exit_with(code: int) -> None:
    """End the process with `code`, flushing what was written.

    After an interrupt a search may still run in a thread that does not hear
    us; the process goes without waiting for it.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            _silence(stream)
    if code == Exit.INTERRUPTED:
        os._exit(code)
    gc.freeze()  # looking for garbage once more would take a tenth of a small question
    sys.exit(code)


def _silence(stream: object) -> None:
    """Point a broken stream at nothing, so the interpreter's last flush is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number, known in ((1, sys.stdout), (2, sys.stderr)):
        if stream is known:
            os.dup2(nowhere, number)
    os.close(nowhere)
