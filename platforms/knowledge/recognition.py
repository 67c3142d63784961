"""Which driver file is about a device that was found, by what the machine says of it.

The kernel says three things, and the most specific that a file states decides:

- a PCI id (`8086:9a49`), which is one chip;
- the strings `compatible` of the device tree node, the first of which is the most specific;
- the driver's name, which a driver has for all its chips.

A card that is several devices of the tree (`rockchip,display-subsystem`) says little of
itself; then the strings of all devices of the machine tell which of the files is meant.
A device that says what it is, and is none of those that a file states, is not what the
file is about. Where several files could be meant none is taken, and all are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol


class Identity(NamedTuple):
    """What a machine says of one device; empty where it says nothing."""

    driver: str = ""
    """What DRM_IOCTL_VERSION or VIDIOC_QUERYCAP call the driver."""
    compatible: tuple[str, ...] = ()
    """Of its device tree node, the most specific first."""
    pci: str = ""
    """Vendor and device, `8086:9a49`."""
    nearby: frozenset[str] = frozenset()
    """`compatible` of all devices of the machine."""


class States(Protocol):
    """A file that states whom it is about; `compatible` may end in `*`."""

    @property
    def file(self) -> str: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def compatible(self) -> Sequence[str]: ...
    @property
    def pci(self) -> Sequence[str]: ...


class Match(NamedTuple):
    """The file that is meant, or those that could be and why none was taken."""

    number: int | None
    could_be: tuple[str, ...] = ()
    why: str = ""


def recognised(found: Identity, files: Sequence[States]) -> Match:
    """Which of `files`, all about such a kind of device, is about the one that was found."""
    alike = [number for number, each in enumerate(files) if _may_be(found, each)]
    named = [number for number, each in enumerate(files) if found.driver and found.driver in each.names]
    if not alike:
        return _none(found, [files[number] for number in named])
    best = max(_grade(found, files[number]) for number in alike)
    tied = [number for number in alike if _grade(found, files[number]) == best]
    tied = [number for number in tied if _nearby(found, files[number])] or tied
    if len(tied) == 1:
        return Match(tied[0])
    return Match(None, tuple(files[number].file for number in tied), _undecided(found, best))


def _may_be(found: Identity, file: States) -> bool:
    """Nothing that the machine says contradicts the file, and something agrees."""
    if found.driver and found.driver not in file.names:
        return False
    if found.pci and file.pci and found.pci not in file.pci:
        return False
    if found.compatible and file.compatible and _place(found, file) is None:
        return False
    return bool(found.driver) or _grade(found, file) > (0, 0)


def _grade(found: Identity, file: States) -> tuple[int, int]:
    """How specific the evidence for a file is; more is better."""
    if found.pci and found.pci in file.pci:
        return 2, 0
    place = _place(found, file)
    return (0, 0) if place is None else (1, -place)


def _place(found: Identity, file: States) -> int | None:
    """Which string of the device is the first that the file states."""
    return next((at for at, each in enumerate(found.compatible) if _states(file, each)), None)


def _states(file: States, compatible: str) -> bool:
    return any(
        fnmatchcase(compatible, each) if "*" in each else compatible == each for each in file.compatible
    )


def _nearby(found: Identity, file: States) -> bool:
    """Another device of the machine is one that the file states."""
    return any(_states(file, each) for each in found.nearby - set(found.compatible))


def _none(found: Identity, named: Sequence[States]) -> Match:
    """No file: either none knows the driver, or those that do are about other devices."""
    if not named:
        return Match(None)
    what = found.pci or ", ".join(found.compatible)
    return Match(None, tuple(each.file for each in named), f"none of them states {what}")


def _undecided(found: Identity, grade: tuple[int, int]) -> str:
    if grade == (0, 0):
        return f"of the device only the driver's name {found.driver} is known, no PCI id and no compatible that they state"
    return f"each of them states {found.pci if grade[0] == 2 else found.compatible[-grade[1]]}"


def told(match: Match, device: str) -> str | None:
    """A sentence on a device that could not be recognised; None where it was, or nothing is known of it."""
    if match.number is not None or not match.could_be:
        return None
    files = " or ".join(match.could_be)
    return f"{device} could be what {files} is about, and nothing of it is taken: {match.why}"
