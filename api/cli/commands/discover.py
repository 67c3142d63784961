"""`heapwright discover`: the running machine, or files about one, as a profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from heapwright.api.cli.output.write import write, write_json
from heapwright.api.cli.process.exits import Exit, to_stderr
from heapwright.api.cli.request import THIS_MACHINE

if TYPE_CHECKING:
    from heapwright.platforms.importers.records import Machine
    from heapwright.platforms.schema import Platform


class MachineFiles(NamedTuple):
    """Files about a machine, by what wrote them."""

    dtb: tuple[Path, ...] = ()
    drm_info: tuple[Path, ...] = ()
    v4l2: tuple[Path, ...] = ()


def discover(to: Path | None, name: str, *, as_json: bool, files: MachineFiles = MachineFiles()) -> Exit:
    """Print the profile of the running machine, or of the one that files are about.

    What could not be read is said on standard error.

    Raises:
        InputError: a file is not what it should be, or what was read makes no sound profile.
    """
    from heapwright.allocator.linux.discover import machine
    from heapwright.platforms.importers.assemble import notes
    from heapwright.platforms.importers.writing import as_yaml

    found = _from_files(files) if any(files) else machine()
    if not any(files) and not can_be_verified():
        nothing = "this machine has no heap, card or video node: its profile is the processor and memory"
        found = found._replace(notes=(nothing, *found.notes))
    data = _checked(found, name)
    if as_json:
        write_json(data, to)
    else:
        write(as_yaml(data, notes(found)), to)
    for note in found.notes:
        to_stderr(f"discover: {note}")
    return Exit.PLAN


def _from_files(files: MachineFiles) -> Machine:
    from heapwright.platforms.importers import drm_info, dtb, v4l2_ctl
    from heapwright.platforms.importers.joining import joined

    readers = ((files.dtb, dtb), (files.drm_info, drm_info), (files.v4l2, v4l2_ctl))
    return joined(
        [
            reader.machine(_content(path, reader.MOST_BYTES), str(path))
            for paths, reader in readers
            for path in paths
        ],
        "a machine known from files",
    )


def _content(path: Path, most: int) -> bytes:
    from heapwright.platforms.errors import Diagnostic, UnparsableInput

    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        said = f"cannot be read: {error.strerror}"
        raise UnparsableInput([Diagnostic(str(path), None, (), said)]) from None


def can_be_solved_for() -> bool:
    """Whether the running machine has anything that allocates; nothing is opened for that."""
    return _has("udmabuf", "dma_heap/*", "dri/card*")


def can_be_verified() -> bool:
    """Whether the running machine has any node to try a profile on."""
    return can_be_solved_for() or _has("video*")


def _has(*patterns: str) -> bool:
    return any(any(Path("/dev").glob(each)) for each in patterns)


def this_machine() -> Platform:
    """The running machine as a platform; that it is used, and what could not be read, is said.

    Raises:
        InputError: what was read makes no sound profile.
    """
    from heapwright.allocator.linux.discover import machine
    from heapwright.platforms.catalog import platform_from
    from heapwright.platforms.importers.assemble import profile

    found = machine()
    to_stderr(f"solve: no platform was given, so this machine was looked at ({found.title})")
    for note in found.notes:
        to_stderr(f"solve: {note}")
    return platform_from(profile(found, THIS_MACHINE), THIS_MACHINE)


def _checked(found: Machine, name: str) -> dict[str, Any]:
    from heapwright.platforms.catalog import platform_from
    from heapwright.platforms.importers.assemble import profile

    data = profile(found, name)
    platform_from(data, name)
    return data
