"""What a driver makes of strides and widths it is asked for: VIDIOC_TRY_FMT changes nothing.

Three questions tell how strides behave. The shortest stride plus one byte comes back
as it is (free), longer (rounded to a multiple), or as the shortest (ignored: then only
the width makes the stride). How the width is rounded shows in a run of widths.
"""

from __future__ import annotations

from itertools import pairwise
from math import gcd
from typing import Final

from heapwright.allocator.backend import KernelRefused
from heapwright.allocator.linux.queue import ImageFormat, VideoQueue
from heapwright.platforms.importers.records import Sizes, Strides

LARGEST: Final = 1 << 15
WIDTH, HEIGHT = 640, 480
RUN: Final = 33
"""Widths in a row that are asked for: enough to see a multiple of 16 twice."""
BEYOND: Final = (1, 3, 65, 129, 1025)
FAR: Final = 0x7FFFFFF0


class Trying:
    """Questions about one format of one queue."""

    def __init__(self, queue: VideoQueue, code: int) -> None:
        self.queue = queue
        self.code = code

    def strides(self, sizes: tuple[Sizes, ...]) -> Strides | None:
        """How strides of this format behave; None if the driver gives no answer."""
        try:
            return self._strides(sizes[0])
        except KernelRefused:
            return None

    def _strides(self, sizes: Sizes) -> Strides | None:
        width, height = (
            _middle(*ends) for ends in zip(sizes.least, sizes.most, (WIDTH, HEIGHT), strict=True)
        )
        shortest = self._ask(width, height).stride
        if shortest == 0:
            return None
        across, down = (
            (1, 1) if sizes.least == sizes.most else (self._across(width, height), self._down(width, height))
        )
        made = [self._ask(width, height, shortest + more).stride for more in BEYOND]
        if all(stride == shortest for stride in made):
            return Strides("ignored", 1, across, None, down)
        most = self._ask(width, height, FAR).stride
        limit = most if most > max(made) else None
        if made == [shortest + more for more in BEYOND]:
            return Strides("free", 1, across, limit, down)
        return Strides("rounded", gcd(shortest, *made), across, limit, down)

    def _ask(self, width: int, height: int, stride: int = 0) -> ImageFormat:
        return self.queue.format(self.code, width, height, stride, keep=False)

    def _across(self, width: int, height: int) -> int:
        return _step([self._ask(width + more, height).width for more in range(RUN)])

    def _down(self, width: int, height: int) -> int:
        return _step([self._ask(width, height + more).height for more in range(RUN)])


def _middle(least: int, most: int, wish: int) -> int:
    """A side to ask about, with room above it."""
    return max(least, min(wish, most - RUN))


def _step(seen: list[int]) -> int:
    """What sides are rounded to, from the sides that came back."""
    distinct = sorted(set(seen))
    return max(1, gcd(*(after - before for before, after in pairwise(distinct))))
