"""What an image has to show: bits of each channel, chroma, transparency (design §3, `picture`).

It follows from the file alone: what is stated, else who writes the buffer. GPUs and the CPU paint
RGB of 8 bits, 4:4:4, of which YUV of as many bits loses one of each; cameras, ISPs and decoders give 8 bits 4:2:0, unless the stage states a `depth`; whoever else
reads images at the same stage hands on the best of them; of anybody else nothing is known, and all
formats are as good. A cursor, and what is blended, has transparency.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from heapwright.platforms.fourcc.formats import PixelFormat, pixel_format
from heapwright.solver.question.pipeline import AnyOf, Buffer, Pipeline, Selector, Use

CHROMA: Final = {400: 0, 410: 1, 411: 4, 420: 4, 422: 8, 444: 16}
"""Samples of each chroma channel for 16 pixels."""
PAINTERS: Final = frozenset({"gpu", "cpu"})
"""Kinds of writers that paint in RGB."""
WRITTEN: Final = {
    "gpu": (8, 444),
    "cpu": (8, 444),
    "camera": (8, 420),
    "isp": (8, 420),
    "video-decoder": (8, 420),
    "jpeg-codec": (8, 420),
}
"""What kinds of writers give: bits of each channel, and chroma."""
MOST_SPARE: Final = 32
"""More than any format has beyond what is to be shown."""


class ImageContent(NamedTuple):
    """What there is to show; chroma in samples of each channel for 16 pixels."""

    depth: int
    chroma: int
    alpha: bool
    painted: bool = False
    """Whether it comes in RGB."""


class _Known(NamedTuple):
    """The same as far as it is known: no part may be."""

    depth: int | None = None
    chroma: int | None = None
    alpha: bool = False
    painted: bool = False

    def joined(self, other: _Known) -> _Known:
        """The most of both."""
        depths = [each for each in (self.depth, other.depth) if each is not None]
        chromas = [each for each in (self.chroma, other.chroma) if each is not None]
        return _Known(
            max(depths, default=None),
            max(chromas, default=None),
            self.alpha or other.alpha,
            self.painted or other.painted,
        )


def contents(pipeline: Pipeline) -> dict[str, ImageContent | None]:
    """What each buffer of a file has to show; None if nothing is known of it."""
    given = {name: _Known() for name in pipeline.buffers}
    handed: dict[Selector, list[tuple[str, int | None]]] = {}
    for name, spec in pipeline.buffers.items():
        for use in _uses(spec.written_by):
            known = WRITTEN.get(use.port.kind)
            if known is None:
                handed.setdefault(_stage(use.port), []).append((name, use.depth))
            else:
                painted = use.port.kind in PAINTERS
                written = _Known(use.depth or known[0], CHROMA[known[1]], painted=painted)
                given[name] = given[name].joined(written)
    found = {name: _shown(spec, given[name]) for name, spec in pipeline.buffers.items()}
    changed = [*found] if handed else []
    while changed:
        name = changed.pop()
        for use in _uses(pipeline.buffers[name].read_by):
            for other, depth in handed.get(_stage(use.port), ()):
                best = found[name] if depth is None else found[name]._replace(depth=depth)
                given[other] = given[other].joined(best)
                now = _shown(pipeline.buffers[other], given[other])
                if now != found[other]:
                    found[other] = now
                    changed.append(other)
    return {name: _filled(known) for name, known in found.items()}


def _shown(spec: Buffer, given: _Known) -> _Known:
    """What writers give, unless the file states it."""
    if spec.bytes is not None:
        return _Known()
    depth, chroma = given.depth, given.chroma
    alpha = given.alpha or any(use.blend or use.port.port == "cursor" for use in _uses(spec.read_by))
    if spec.picture is not None:
        depth = depth if spec.picture.depth is None else spec.picture.depth
        chroma = chroma if spec.picture.chroma is None else CHROMA[spec.picture.chroma]
        alpha = alpha if spec.picture.alpha is None else spec.picture.alpha
    return _Known(depth, chroma, alpha, given.painted and chroma == CHROMA[444])


def _filled(known: _Known) -> ImageContent | None:
    """With 8 bits 4:4:4 where only a part is known."""
    if known == _Known():
        return None
    depth = 8 if known.depth is None else known.depth
    return ImageContent(
        depth, CHROMA[444] if known.chroma is None else known.chroma, known.alpha, known.painted
    )


def _uses(users: Iterable[Use | AnyOf]) -> Iterator[Use]:
    for each in users:
        yield from each.any_of if isinstance(each, AnyOf) else (each,)


def _stage(selector: Selector) -> Selector:
    return selector._replace(port=None)


@lru_cache(maxsize=1024)
def picture_loss(content: ImageContent | None, fourcc: str | None) -> int:
    """What a format loses of it: bits for 16 pixels, and then, as a smaller number, what the format has beyond."""
    found = pixel_format(fourcc) if fourcc is not None else None
    if content is None or found is None:
        return 0
    bits = sorted([*found.depths, 0, 0, 0], reverse=True)[:3]
    less = content.painted and found.colour == "yuv"
    kept = [min(max(each - less, 0), content.depth) for each in bits]
    chroma = min(_chroma(found), content.chroma)
    whole = content.depth * (16 + 2 * content.chroma)
    lost = whole - 16 * kept[0] - chroma * (kept[1] + kept[2])
    if content.alpha and not found.alpha:
        lost += 16 * content.depth
    spare = max(0, bits[0] - content.depth) + (found.alpha and not content.alpha)
    return lost * MOST_SPARE + spare


def _chroma(found: PixelFormat) -> int:
    """Samples of each chroma channel for 16 pixels."""
    return 16 // (found.hsub * found.vsub) if len(found.depths) > 1 else 0
