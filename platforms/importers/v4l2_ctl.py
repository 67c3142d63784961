"""`v4l2-ctl --all --list-formats-ext`: one node, its directions, formats and sizes.

Source: v4l-utils utils/v4l2-ctl/v4l2-ctl-common.cpp and v4l2-ctl-vidcap.cpp: `Driver
name`, `Card type`, `Type: Video Capture`, `[0]: 'NV12' (…, compressed)`, `Size:
Discrete 640x480`, `Size: Stepwise 32x32 - 4224x3136 with step 8/8`. The text tells
neither kinds of memory nor what becomes of strides.
"""

from __future__ import annotations

import re
from typing import Final

from platforms.errors import Problem, UnparsableInput
from platforms.importers.records import Direction, Machine, Queue, Reach, Sizes, Video, VideoFormat
from platforms.videodev import fourcc_and_buffers, number

MOST_BYTES: Final = 1 << 20
MOST_LINES: Final = 20_000
_FIELD = re.compile(r"\s*(Driver name|Card type|Driver version|Name)\s*:\s*(.+?)\s*$")
_TYPE = re.compile(r"\s*Type\s*:\s*Video (Capture|Output)( Multiplanar)?\s*$")
_FORMAT = re.compile(r"\s*\[(\d{1,3})\]\s*:\s*'(.{4})'\s*\((.*)\)\s*$")
_DISCRETE = re.compile(r"\s*Size: Discrete (\d{1,5})x(\d{1,5})\s*$")
_STEPWISE = re.compile(
    r"\s*Size: (?:Stepwise|Continuous) (\d{1,5})x(\d{1,5}) - (\d{1,5})x(\d{1,5})(?: with step (\d{1,5})/(\d{1,5}))?"
)


def machine(text: bytes, file: str) -> Machine:
    """The node in the output of `v4l2-ctl --all --list-formats-ext`.

    Raises:
        UnparsableInput: this is not such output.
    """
    video = _video(text, file)
    notes = (
        f"{file} tells neither kinds of memory nor strides: what is not known of {video.driver} is unknown",
    )
    return Machine(file, None, 4096, videos=(video,), notes=notes)


def _video(text: bytes, file: str) -> Video:
    if len(text) > MOST_BYTES:
        raise _refused(file, f"more than {MOST_BYTES} bytes")
    told: dict[str, str] = {}
    queues: dict[Direction, list[VideoFormat]] = {}
    direction: Direction | None = None
    for line in text.decode("utf-8", "replace").splitlines()[:MOST_LINES]:
        if found := _FIELD.match(line):
            told.setdefault(found[1], _printable(found[2]))
        elif found := _TYPE.match(line):
            direction = "capture" if found[1] == "Capture" else "output"
            queues.setdefault(direction, [])
        elif direction is not None:
            _format_line(queues[direction], line)
    if "Driver name" not in told or not any(queues.values()):
        missing = "'Driver name'" if "Driver name" not in told else "a list of formats (--list-formats-ext)"
        raise _refused(file, f"{missing} is missing")
    driver, card = told["Driver name"], told.get("Card type", "")
    return Video(
        None, told.get("Name", card), driver, card,
        tuple(
            Queue(each, tuple(form for form in formats if form.sizes or form.compressed), True, False, False)
            for each, formats in queues.items()
        ),
        Reach(), "", f"probed: v4l2-ctl --all --list-formats-ext ({file})"[:1000],
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
    return UnparsableInput(
        [Problem(file, None, (), f"is no output of v4l2-ctl --all --list-formats-ext: {said}")]
    )
