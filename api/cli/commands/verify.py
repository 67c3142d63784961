"""`heapwright verify`: files in, a matrix out (exit 0 agreement, 1 disagreement, 2 bad input)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heapwright.allocator.linux.observe.kernel_log import kernel_log
from heapwright.allocator.linux.observe.steps import observe
from heapwright.api.cli.commands.discover import can_be_verified
from heapwright.api.cli.output.write import show, write, write_json
from heapwright.api.cli.process.exits import Exit, to_stderr
from heapwright.api.verify import report
from heapwright.api.verify.outcome import summary
from heapwright.api.verify.run import Progress, on_this, untried, verify
from heapwright.platforms.catalog import load_platform
from heapwright.platforms.errors import Diagnostic, InputError
from heapwright.platforms.schema import Platform


def run(name: str, to: Path | None, only: tuple[str, ...]) -> Exit:
    """Compare a profile with the running machine and print how they agree."""
    platform = on_this(load_platform(name), os.uname().release)
    _check(name, platform, only)
    with kernel_log() as log, _progress() as progress:
        found = verify(platform, lambda subject: observe(subject, log), only, progress)
    if to is not None:
        write_json(report.as_json(platform, found), to)
    show(report.blocks(platform, found), None)
    counted = summary(found)
    write(f"\n{counted}\n", None)
    barred = untried(found)
    if barred:
        to_stderr(f"verify: {len(barred)} cells may not be tried: {barred[0].observation.call}")
        return Exit.BAD_INPUT
    return Exit.INFEASIBLE if counted.disagree else Exit.PLAN


def _check(name: str, platform: Platform, only: tuple[str, ...]) -> None:
    """Refuse what cannot be asked of this machine.

    Raises:
        InputError: nothing of the profile is here, or `only` names what it has not.
    """
    known = {**platform.heaps, **platform.devices}
    if unknown := [each for each in only if each not in known]:
        text = f"no heap or device {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        raise InputError([Diagnostic(name, None, (), text)])
    if not any(device.node for device in platform.devices.values()):
        raise InputError([Diagnostic(name, None, ("devices",), _no_node())])


def _no_node() -> str:
    """Why nothing can be tried of a profile in which no device has a node."""
    if not can_be_verified():
        return "no device has a node, and this machine has no heap, card or video node: nothing can be tried here"
    return (
        "no device has a node: it is the profile of a board, or was made from files; "
        "`heapwright discover` writes the one of this machine"
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    """Cells done so far, on a terminal's standard error."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("cells", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
