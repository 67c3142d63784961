"""What a person waits for: `solve --help` as a whole process, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter
from typing import NamedTuple

_HELP = "import sys; sys.argv = ['solve', '--help']; from heapwright.api.start import solve; solve()"


class Start(NamedTuple):
    """Seconds of wall time from start to exit, medians of runs in turn."""

    nothing: float
    help: float


def started(runs: int) -> Start:
    """Both, `runs` times in turn after one that is not counted."""
    found = [(_timed("pass"), _timed(_HELP)) for _ in range(runs + 1)][1:]
    nothing, helped = zip(*found, strict=True)
    return Start(median(nothing), median(helped))


def _timed(code: str) -> float:
    began = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began
