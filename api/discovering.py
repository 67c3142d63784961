"""`heapwright discover`: the running machine, or files about one, as a profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.asked import THIS_MACHINE
from api.exits import Exit, complain
from api.output import write, write_json

if TYPE_CHECKING:
    from platforms.importers.records import Machine
    from platforms.schema import Platform


def discover(to: Path | None, name: str, *, as_json: bool) -> Exit:
    """Print the running machine's profile, and on standard error what could not be read.

    Raises:
        InputError: what was read makes no sound profile; all its problems.
    """
    from allocator.linux.discover import machine
    from platforms.importers.assemble import notes
    from platforms.importers.writing import as_yaml

    found = machine()
    data = _checked(found, name)
    if as_json:
        write_json(data, to)
    else:
        write(as_yaml(data, notes(found)), to)
    for note in found.notes:
        complain(f"discover: {note}")
    return Exit.PLAN


def can_be_solved_for() -> bool:
    """Whether the running machine has anything that allocates; nothing is opened for that."""
    dev = Path("/dev")
    return (dev / "udmabuf").exists() or any(any(dev.glob(each)) for each in ("dma_heap/*", "dri/card*"))


def this_machine() -> Platform:
    """The running machine as a platform; that it is used, and what could not be read, is said.

    Raises:
        InputError: what was read makes no sound profile.
    """
    from allocator.linux.discover import machine
    from platforms.catalog import platform_from
    from platforms.importers.assemble import profile

    found = machine()
    complain(f"solve: no platform was given, so this machine was looked at ({found.title})")
    for note in found.notes:
        complain(f"solve: {note}")
    return platform_from(profile(found, THIS_MACHINE), THIS_MACHINE)


def _checked(found: Machine, name: str) -> dict[str, Any]:
    from platforms.catalog import platform_from
    from platforms.importers.assemble import profile

    data = profile(found, name)
    platform_from(data, name)
    return data
