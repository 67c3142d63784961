"""`v4l2-ctl --all --list-formats-ext --list-formats-out-ext`: nodes, their directions, formats and sizes.

The text tells neither kinds of memory nor what becomes of strides. `Driver version` is
the kernel's: drivers/media/v4l2-core/v4l2-ioctl.c v4l_querycap() LINUX_VERSION_CODE.

`--list-formats-ext` lists what is captured and `--list-formats-out-ext` what is put out.
A memory-to-memory node has both sides, and without the second list its decoder looks
like a camera. Of a side that is not listed `--all` still prints the current format:
a coded one tells what the node is, a raw one says too little about the others.

No node is lost in silence: it becomes a device, or a sentence says what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from heapwright.platforms.errors import Diagnostic, HeapwrightError, UnparsableInput
from heapwright.platforms.importers.records import (
    BusFacts,
    Hardware,
    Machine,
    QueueDirection,
    QueueRecord,
    Video,
    VideoFormat,
)
from heapwright.platforms.importers.v4l2_listing import Listing, listings, sides
from heapwright.platforms.importers.videos import CODECS

MOST_BYTES: Final = 1 << 20
COMMAND: Final = "v4l2-ctl -d /dev/videoN --all --list-formats-ext --list-formats-out-ext"
LISTS: Final = {"capture": "--list-formats-ext", "output": "--list-formats-out-ext"}
_VERSION = re.compile(r"([1-9][0-9]?)\.[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)


class _Lacking(HeapwrightError):
    """Why a node is no device: a sentence with the command whose output is missing."""


def machine(text: bytes, file: str) -> Machine:
    """The nodes in the output of `v4l2-ctl --all --list-formats-ext --list-formats-out-ext`, one after the other.

    Raises:
        UnparsableInput: this is no such output, or what it lacks leaves no node of it.
    """
    if len(text) > MOST_BYTES:
        raise _refused(
            file, f"is no output of v4l2-ctl --all --list-formats-ext: more than {MOST_BYTES} bytes"
        )
    found: list[Video] = []
    notes: list[str] = []
    lacking: list[str] = []
    kernels: list[str] = []
    for told in listings(text.decode("utf-8", "replace")):
        kernel = _kernel(told)
        kernels += [kernel] if kernel is not None else []
        try:
            video, said = _node(told, file)
        except _Lacking as sentence:
            lacking.append(str(sentence))
            continue
        found += [video] if video is not None else []
        notes += said
    if lacking and not found:
        raise _refused(file, lacking[0])
    notes += [f"{file} {sentence}" for sentence in lacking]
    return Machine(file, kernels[0] if kernels else None, 4096, videos=tuple(found), notes=tuple(notes))


def _node(told: Listing, file: str) -> tuple[Video | None, list[str]]:
    """A node, or None where it moves no pictures; with what it does not tell.

    Raises:
        _Lacking: it may move pictures, and what is missing would say which.
    """
    driver = told.fields.get("Driver name")
    if driver is None:
        raise _Lacking(
            f"is no output of v4l2-ctl --all --list-formats-ext: 'Driver name' is missing; run {COMMAND}"
        )
    who = told.fields.get("Name", told.fields.get("Card type", driver))
    if not told.moves_pictures:
        what = " and ".join(sorted(each.lower() for each in told.abilities))
        return None, [f"{file}: {who} (driver {driver}) moves {what} and no pictures: it is no device"]
    if not any(told.listed.values()):
        options = " ".join(LISTS[side] for side in sides(told)) or LISTS["capture"]
        raise _Lacking(
            "is no output of v4l2-ctl --all --list-formats-ext: a list of formats "
            f"({options}) of {who} is missing; run {COMMAND}"
        )
    notes = [f"{file} tells neither kinds of memory nor strides: what is not known of {driver} is unknown"]
    for direction in _not_listed(told):
        form = _current(told, direction)
        told.listed[direction] = [form]
        notes.append(
            f"{file} lists no formats of {driver}'s {direction}: only the current one is known, {form.code}"
        )
    return _video(told, driver, file), notes


def _not_listed(told: Listing) -> Iterator[QueueDirection]:
    """The sides of a memory-to-memory node whose formats are not listed."""
    both = tuple(sides(told))
    yield from (side for side in both if len(both) == 2 and not told.listed.get(side))


def _current(told: Listing, direction: QueueDirection) -> VideoFormat:
    """The format that a side is set to, if it tells what the node is.

    Raises:
        _Lacking: it does not.
    """
    code = told.current.get(direction)
    if code not in CODECS:
        raise _Lacking(
            f"lists one side only of a memory-to-memory node: formats of its {direction} are missing; run {COMMAND}"
        )
    return VideoFormat(code, None, True, (), None, 1)


def _kernel(told: Listing) -> str | None:
    """The kernel's version; the first that filled it in for every driver is 3.1."""
    found = _VERSION.fullmatch(told.fields.get("Driver version", ""))
    return found[0] if found is not None and int(found[1]) >= 3 else None


def _video(told: Listing, driver: str, file: str) -> Video:
    card = told.fields.get("Card type", "")
    moved = tuple(sides(told)) or tuple(told.listed)
    return Video(
        None, told.fields.get("Name", card), driver, card,
        tuple(
            QueueRecord(each, tuple(formats), True, False, False)
            for each, formats in told.listed.items()
            if each in moved and formats
        ),
        BusFacts(), "", f"probed: v4l2-ctl --all --list-formats-ext ({file})"[:1000],
        Hardware(bus=told.fields.get("Bus info", "")),
    )  # fmt: skip


def _refused(file: str, said: str) -> UnparsableInput:
    return UnparsableInput([Diagnostic(file, None, (), said)])
