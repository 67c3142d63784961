"""What images have to show, read from a file once more, and what a format leaves of it.

Counted in bits of 16 pixels, the unit in which every chroma grid is whole (design §3, `picture`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.solver.question.pipeline import AnyOf, Pipeline, Use

PAINTERS: Final = ("gpu", "cpu")
SOURCES: Final = ("camera", "isp", "video-decoder", "jpeg-codec")
PIXELS: Final = 16
GRID: Final = {444: 1, 422: 2, 420: 4, 411: 4, 410: 16, 400: 0}
"""Pixels that share a chroma sample; 0: there is none."""


class ShownImage(NamedTuple):
    """Bits of each channel, chroma samples of 16 pixels, transparency; None: nobody knows."""

    depth: int | None
    chroma: int | None
    alpha: bool
    rgb: bool = False
    """Painted, so that YUV needs a bit more of each channel."""

    def __or__(self, other: ShownImage) -> ShownImage:
        return ShownImage(
            max(self.depth or 0, other.depth or 0) or None,
            max(-1 if n is None else n for n in (self.chroma, other.chroma))
            if (self.chroma, other.chroma) != (None, None)
            else None,
            self.alpha or other.alpha,
            self.rgb or other.rgb,
        )


NOTHING: Final = ShownImage(None, None, alpha=False)


def shown_images(pipeline: Pipeline) -> dict[str, ShownImage]:
    """What each buffer has to show, stage after stage until nothing changes."""
    found = dict.fromkeys(pipeline.buffers, NOTHING)
    while True:
        before = dict(found)
        for name in pipeline.buffers:
            found[name] = _of(pipeline, name, found)
        if found == before:
            return found


def _of(pipeline: Pipeline, name: str, found: dict[str, ShownImage]) -> ShownImage:
    buffer = pipeline.buffers[name]
    if buffer.size is None:
        return NOTHING
    image = NOTHING
    for writer in _flat(buffer.written_by):
        kind = writer.port.kind
        if kind in PAINTERS or kind in SOURCES:
            paints = kind in PAINTERS
            image |= ShownImage(writer.depth or 8, _samples(444 if paints else 420), alpha=False, rgb=paints)
            continue
        stage = (kind, writer.port.label, writer.port.connector, writer.port.stage)
        for other, read in pipeline.buffers.items():
            ports = [use.port for use in _flat(read.read_by)]
            if stage in [(port.kind, port.label, port.connector, port.stage) for port in ports]:
                handed = found[other]
                image |= handed if writer.depth is None else handed._replace(depth=writer.depth)
    over = any(use.blend is not None or use.port.port == "cursor" for use in _flat(buffer.read_by))
    image = image._replace(alpha=image.alpha or over)
    stated = buffer.picture
    if stated is not None:
        if stated.depth is not None:
            image = image._replace(depth=stated.depth)
        if stated.chroma is not None:
            image = image._replace(
                chroma=_samples(stated.chroma), rgb=image.rgb and stated.chroma == max(GRID)
            )
        if stated.alpha is not None:
            image = image._replace(alpha=stated.alpha)
    return image


def picture_loss(image: ShownImage, fourcc: str | None) -> int:
    """Bits of 16 pixels that a format cannot hold, 32-fold, and what the format has beyond."""
    form = pixel_format(fourcc) if fourcc is not None else None
    if form is None or image == NOTHING:
        return 0
    depth, samples = image.depth or 8, _samples(444) if image.chroma is None else image.chroma
    channels = sorted(form.depths)
    first = channels.pop() if channels else 0
    coding = 1 if image.rgb and form.colour == "yuv" else 0
    grid = min(PIXELS // (form.hsub * form.vsub), samples)
    missing = PIXELS * max(0, depth - max(first - coding, 0))
    for place in (-1, -2):
        has = channels[place] if len(channels) >= -place else 0
        missing += samples * depth - (
            grid * min(max(has - coding, 0), depth) if form.colour != "indexed" else 0
        )
    if image.alpha and not form.alpha:
        missing += PIXELS * depth
    beyond = max(0, first - depth) + int(form.alpha and not image.alpha)
    return 32 * missing + beyond


def _samples(chroma: int) -> int:
    return PIXELS // GRID[chroma] if GRID[chroma] else 0


def _flat(users: tuple[Use | AnyOf, ...]) -> Iterator[Use]:
    for each in users:
        if isinstance(each, AnyOf):
            yield from each.any_of
        else:
            yield each
