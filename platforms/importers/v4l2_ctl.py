"""`v4l2-ctl --all --list-formats-ext --list-formats-out-ext`: one node, its directions, formats and sizes.

Source: v4l-utils utils/v4l2-ctl/v4l2-ctl-common.cpp and v4l2-ctl-vidcap.cpp: `Driver
name`, `Card type`, `Type: Video Capture`, `[0]: 'NV12' (…, compressed)`, `Size:
Discrete 640x480`, `Size: Stepwise 32x32 - 4224x3136 with step 8/8`. The text tells
neither kinds of memory nor what becomes of strides. `Driver version` is the kernel's:
drivers/media/v4l2-core/v4l2-ioctl.c v4l_querycap() LINUX_VERSION_CODE.

`--list-formats-ext` lists what is captured and `--list-formats-out-ext` what is put out.
A memory-to-memory node has both sides, and without the second list its decoder looks
like a camera. Of a side that is not listed `--all` still prints the current format:
a coded one tells what the node is, a raw one says too little about the others.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from platforms.errors import Problem, UnparsableInput
from platforms.importers.records import Direction, Hardware, Machine, Queue, Reach, Sizes, Video, VideoFormat
from platforms.importers.videos import CODECS
from platforms.videodev import fourcc_and_buffers, number

MOST_BYTES: Final = 1 << 20
MOST_LINES: Final = 20_000
COMMAND: Final = "v4l2-ctl -d /dev/videoN --all --list-formats-ext --list-formats-out-ext"
_FIELD = re.compile(r"\s*(Driver name|Card type|Bus info|Driver version|Name)\s*:\s*(.+?)\s*$")
_TYPE = re.compile(r"\s*Type\s*:(?:\s*Video (Capture|Output)( Multiplanar)?\s*$)?")
_DEVICE_CAPS = re.compile(r"\s*Device Caps\s*:")
_ABILITY = re.compile(r"\s*Video (Capture|Output|Memory-to-Memory)( Multiplanar)?\s*$")
_SECTION = re.compile(r"(?:Format Video (Capture|Output)( Multiplanar)?:|\S)")
_CURRENT = re.compile(r"\s+Pixel Format\s*:\s*'(.{4})'")
_VERSION = re.compile(r"([1-9][0-9]?)\.[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)
_FORMAT = re.compile(r"\s*\[(\d{1,3})\]\s*:\s*'(.{4})'\s*\((.*)\)\s*$")
_DISCRETE = re.compile(r"\s*Size: Discrete (\d{1,5})x(\d{1,5})\s*$")
_STEPWISE = re.compile(
    r"\s*Size: (?:Stepwise|Continuous) (\d{1,5})x(\d{1,5}) - (\d{1,5})x(\d{1,5})(?: with step (\d{1,5})/(\d{1,5}))?"
)


class _Told(NamedTuple):
    """What the lines say, before it is judged."""

    fields: dict[str, str]
    abilities: set[str]
    """Capture, Output, Memory-to-Memory: of the node where it says so, else of its whole device."""
    listed: dict[Direction, list[VideoFormat]]
    current: dict[Direction, str]
    """The code of the format that is set."""


def machine(text: bytes, file: str) -> Machine:
    """The node in the output of `v4l2-ctl --all --list-formats-ext --list-formats-out-ext`.

    Raises:
        UnparsableInput: this is not such output, or one side of a memory-to-memory node is missing.
    """
    told = _told(text, file)
    if "Driver name" not in told.fields or not any(told.listed.values()):
        known = "Driver name" in told.fields
        missing = "a list of formats (--list-formats-ext)" if known else "'Driver name'"
        raise _refused(file, f"is no output of v4l2-ctl --all --list-formats-ext: {missing} is missing")
    driver = told.fields["Driver name"]
    notes = [f"{file} tells neither kinds of memory nor strides: what is not known of {driver} is unknown"]
    for direction in _not_listed(told):
        form = _current(told, direction, file)
        told.listed[direction] = [form]
        notes.append(
            f"{file} lists no formats of {driver}'s {direction}: only the current one is known, {form.code}"
        )
    return Machine(file, _kernel(told.fields), 4096, videos=(_video(told, file),), notes=tuple(notes))


def _told(text: bytes, file: str) -> _Told:
    if len(text) > MOST_BYTES:
        raise _refused(
            file, f"is no output of v4l2-ctl --all --list-formats-ext: more than {MOST_BYTES} bytes"
        )
    told = _Told({}, set(), {}, {})
    listing: Direction | None = None
    section: Direction | None = None
    for line in text.decode("utf-8", "replace").splitlines()[:MOST_LINES]:
        if found := _SECTION.match(line):
            section = _direction(found[1]) if found[1] else None
        if found := _FIELD.match(line):
            told.fields.setdefault(found[1], _printable(found[2]))
        elif _DEVICE_CAPS.match(line):
            told.abilities.clear()
        elif found := _ABILITY.match(line):
            told.abilities.add(found[1])
        elif found := _TYPE.match(line):
            listing = _direction(found[1]) if found[1] else None
            if listing is not None:
                told.listed.setdefault(listing, [])
        elif section is not None and (found := _CURRENT.match(line)):
            told.current.setdefault(section, found[1].rstrip())
        elif listing is not None:
            _format_line(told.listed[listing], line)
    return told


def _direction(word: str) -> Direction:
    return "capture" if word == "Capture" else "output"


def _not_listed(told: _Told) -> list[Direction]:
    """The sides of a memory-to-memory node whose formats are not listed."""
    if "Memory-to-Memory" not in told.abilities and not {"Capture", "Output"} <= told.abilities:
        return []
    sides: tuple[Direction, ...] = ("output", "capture")
    return [side for side in sides if not told.listed.get(side)]


def _current(told: _Told, direction: Direction, file: str) -> VideoFormat:
    """The current format of a side that is not listed, if it is coded.

    Raises:
        UnparsableInput: it is raw, or not told: the file shows one side of the node alone.
    """
    code = told.current.get(direction)
    if code not in CODECS:
        raise _refused(
            file,
            f"lists one side only of a memory-to-memory node: formats of its {direction} are missing; run {COMMAND}",
        )
    return VideoFormat(code, None, True, (), None, 1)


def _kernel(fields: dict[str, str]) -> str | None:
    """The kernel's version; the first that filled it in for every driver is 3.1."""
    found = _VERSION.fullmatch(fields.get("Driver version", ""))
    return found[0] if found is not None and int(found[1]) >= 3 else None


def _video(told: _Told, file: str) -> Video:
    driver, card = told.fields["Driver name"], told.fields.get("Card type", "")
    return Video(
        None, told.fields.get("Name", card), driver, card,
        tuple(
            Queue(each, tuple(form for form in formats if form.sizes or form.compressed), True, False, False)
            for each, formats in told.listed.items()
        ),
        Reach(), "", f"probed: v4l2-ctl --all --list-formats-ext ({file})"[:1000],
        Hardware(bus=told.fields.get("Bus info", "")),
    )  # fmt: skip


def _format_line(formats: list[VideoFormat], line: str) -> None:
    """Take up a format, or a size of the last one."""
    if found := _FORMAT.match(line):
        code = found[2].rstrip()
        fourcc, buffers = fourcc_and_buffers(number(code)) if code.isascii() else (None, 1)
        formats.append(
            VideoFormat(_printable(code), fourcc, "compressed" in found[3].lower(), (), None, buffers)
        )
        return
    sizes = _sizes(line)
    if sizes is not None and formats and len(formats[-1].sizes) < 64:
        formats[-1] = formats[-1]._replace(sizes=(*formats[-1].sizes, sizes))


def _sizes(line: str) -> Sizes | None:
    if found := _DISCRETE.match(line):
        pair = (int(found[1]), int(found[2]))
        return Sizes(pair, pair) if all(pair) else None
    if found := _STEPWISE.match(line):
        least, most = (int(found[1]), int(found[2])), (int(found[3]), int(found[4]))
        step = (max(1, int(found[5] or 1)), max(1, int(found[6] or 1)))
        if 0 < least[0] <= most[0] and 0 < least[1] <= most[1]:
            return Sizes(least, most, step)
    return None


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:64]


def _refused(file: str, said: str) -> UnparsableInput:
    return UnparsableInput([Problem(file, None, (), said)])
