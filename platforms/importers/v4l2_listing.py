"""What `v4l2-ctl` prints, line by line: nodes with their fields, abilities, formats and sizes.

Source: v4l-utils utils/v4l2-ctl/v4l2-ctl-common.cpp and v4l2-ctl-vidcap.cpp: `Driver
name`, `Card type`, `Type: Video Capture`, `[0]: 'NV12' (…, compressed)`, `Size:
Discrete 640x480`, `Size: Stepwise 32x32 - 4224x3136 with step 8/8`; before version 1.18
`Index : 0`, `Type : Video Capture`, `Pixel Format: 'YUYV' (compressed)`.

Listings come as people post them: quoted with `>`, with their indentation gone, several
nodes one after the other. So nothing hangs on blanks at the start of a line: sections
are told by their titles, and a node begins at `Driver Info:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from heapwright.platforms.fourcc.videodev import number, picture
from heapwright.platforms.importers.records import QueueDirection, Sizes, VideoFormat

MOST_LINES: Final = 20_000
_QUOTED = re.compile(r"\s*(?:>\s?)+")
_NODE = re.compile(r"Driver Info(?:\s*\(.*\))?\s*:$")
_FIELD = re.compile(r"(Driver name|Card type|Bus info|Driver version|Name)\s*:\s*(.+)$")
_TYPE = re.compile(r"Type\s*:(?:\s*(?:Video (Capture|Output)( Multiplanar)?\s*$)?)")
_DEVICE_CAPS = re.compile(r"Device Caps\s*:")
_ABILITY = re.compile(
    r"(?:Video (Capture|Output|Memory-to-Memory)|(Metadata|VBI|SDR|Touch) (?:Capture|Output))(?: Multiplanar)?$"
)
_SECTION = re.compile(r"Format (?:Video (Capture|Output)(?: Multiplanar)?|.*)\s*:$")
_TITLE = re.compile(
    r"(?:Selection|Streaming Parameters|User Controls|Codec Controls|ioctl:|Priority|Video (?:input|output)|"
    r"Crop|Media Driver Info|Interface Info|Entity Info)"
)
_CURRENT = re.compile(r"Pixel Format\s*:\s*'(.{4})'")
_FORMAT = re.compile(r"\[(\d{1,3})\]\s*:\s*'(.{4})'\s*\((.*)\)$")
_INDEX = re.compile(r"Index\s*:\s*\d{1,3}$")
_OLD_FORMAT = re.compile(r"Pixel Format\s*:\s*'(.{4})'\s*(?:\((.*)\))?$")
_DISCRETE = re.compile(r"Size: Discrete (\d{1,5})x(\d{1,5})$")
_STEPWISE = re.compile(
    r"Size: (?:Stepwise|Continuous) (\d{1,5})x(\d{1,5}) - (\d{1,5})x(\d{1,5})(?: with step (\d{1,5})/(\d{1,5}))?"
)


@dataclass
class Listing:
    """What the lines about one node say, before it is judged."""

    fields: dict[str, str] = field(default_factory=dict)
    abilities: set[str] = field(default_factory=set)
    """Capture, Output, Memory-to-Memory, Metadata: of the node where it says so, else of its whole device."""
    listed: dict[QueueDirection, list[VideoFormat]] = field(default_factory=dict)
    current: dict[QueueDirection, str] = field(default_factory=dict)
    """The code of the format that is set."""

    @property
    def moves_pictures(self) -> bool:
        return not self.abilities or bool(self.abilities & {"Capture", "Output", "Memory-to-Memory"})


def listings(text: str) -> list[Listing]:
    """The nodes of a text, in order; what stands before the first belongs to it."""
    blocks: list[list[str]] = [[]]
    named = False
    for line in text.splitlines()[:MOST_LINES]:
        plain = _QUOTED.sub("", line, count=1).strip() if line.lstrip().startswith(">") else line.strip()
        if named and _NODE.fullmatch(plain):
            blocks.append([])
            named = False
        named = named or plain.startswith("Driver name")
        blocks[-1].append(plain)
    return [_listing(block) for block in blocks]


def _listing(lines: list[str]) -> Listing:
    told = Listing()
    listing: QueueDirection | None = None
    section: QueueDirection | None = None
    old = False
    for line in lines:
        if found := _SECTION.fullmatch(line):
            section, listing = (_direction(found[1]) if found[1] else None), None
        elif _TITLE.match(line):
            section = None
        old = bool(_INDEX.fullmatch(line)) or (old and bool(line) and not line.startswith("ioctl:"))
        if (found := _FIELD.match(line)) and not (old and found[1] == "Name"):
            told.fields.setdefault(found[1], printable(found[2]))
        elif _DEVICE_CAPS.match(line):
            told.abilities.clear()
        elif found := _ABILITY.fullmatch(line):
            told.abilities.add(found[1] or found[2])
        elif found := _TYPE.match(line):
            listing = _direction(found[1]) if found[1] else None
            if listing is not None:
                told.listed.setdefault(listing, [])
        elif section is not None and (found := _CURRENT.match(line)):
            told.current.setdefault(section, found[1].rstrip())
        elif listing is not None:
            _format_line(told.listed[listing], line)
    return told


def _direction(word: str) -> QueueDirection:
    return "capture" if word == "Capture" else "output"


def _format_line(formats: list[VideoFormat], line: str) -> None:
    """Take up a format, or a size of the last one."""
    if found := _FORMAT.fullmatch(line):
        formats.append(_format(found[2].rstrip(), found[3]))
    elif found := _OLD_FORMAT.fullmatch(line):
        formats.append(_format(found[1].rstrip(), found[2] or ""))
    else:
        sizes = _sizes(line)
        if sizes is not None and formats and len(formats[-1].sizes) < 64:
            formats[-1] = formats[-1]._replace(sizes=(*formats[-1].sizes, sizes))


def _format(code: str, description: str) -> VideoFormat:
    told = picture(number(code)) if code.isascii() else picture(0)
    compressed = "compressed" in description.lower().rpartition(",")[2] or description.lower() == "compressed"
    return VideoFormat(
        printable(code),
        told.fourcc,
        compressed and told.fourcc is None,
        (),
        None,
        told.buffers,
        told.modifier,
    )


def _sizes(line: str) -> Sizes | None:
    if found := _DISCRETE.fullmatch(line):
        pair = (int(found[1]), int(found[2]))
        return Sizes(pair, pair) if all(pair) else None
    if found := _STEPWISE.match(line):
        least, most = (int(found[1]), int(found[2])), (int(found[3]), int(found[4]))
        step = (max(1, int(found[5] or 1)), max(1, int(found[6] or 1)))
        if 0 < least[0] <= most[0] and 0 < least[1] <= most[1]:
            return Sizes(least, most, step)
    return None


def printable(text: str) -> str:
    """`text` fit for a message and a name."""
    return "".join(c if c.isprintable() else "?" for c in text.strip())[:64]


def sides(told: Listing) -> Iterator[QueueDirection]:
    """The directions in which a node moves pictures; those that it lists where it does not say."""
    both = "Memory-to-Memory" in told.abilities
    for word in ("Capture", "Output"):
        if both or word in told.abilities or (not told.abilities and told.listed.get(_direction(word))):
            yield _direction(word)
