"""What starting costs: `solve` as whole processes, as ratios to one that only imports what others have written.

Processor time of user and system, the least of many runs in turn; byte code is compiled before.
"""

from __future__ import annotations

import compileall
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
BARE: Final = "import pydantic, typer, rich"
_SOLVE: Final = "import sys; sys.argv = ['solve', *{}]; from heapwright.api.start import solve; solve()"
ASKED: Final = {
    "help": ("--help",),
    "acme-one": ("--example", "record-and-preview", "-p", "acme-one"),
    "rpi4-bcm2711": ("--example", "playback", "-p", "rpi4-bcm2711"),
    "rk3588": ("--example", "playback", "-p", "rk3588"),
}


class Start(NamedTuple):
    """Seconds of processor time of the bare imports, and how many times as much others take."""

    bare: float
    ratios: dict[str, float]

    @property
    def solve(self) -> float:
        """The largest ratio of those that answer a question."""
        return max(ratio for name, ratio in self.ratios.items() if name != "help")


def started(runs: int) -> Start:
    """All of them, so often in turn."""
    for folder in ("heapwright", "api", "solver", "platforms", "allocator"):
        compileall.compile_dir(ROOT / folder, quiet=2)
    code = {name: _SOLVE.format(list(arguments)) for name, arguments in ASKED.items()}
    found = [(_spent(BARE), {name: _spent(text) for name, text in code.items()}) for _ in range(runs)]
    bare = min(least for least, _ in found)
    return Start(bare, {name: min(spent[name] for _, spent in found) / bare for name in code})


def _spent(code: str) -> float:
    """Processor time of an interpreter that runs this, in seconds."""
    return _run([sys.executable, "-c", code])


def _run(command: Sequence[str]) -> float:
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[:1]])}
    process = os.posix_spawn(command[0], command, environment, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):  # a plan, or none
        raise RuntimeError(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime
