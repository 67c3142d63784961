"""Registers bound the stride, in bytes, in pixels, or by rules past a threshold.

Source: linux-7.2.13:drivers/gpu/drm/mxsfb/lcdif_regs.h CTRLDESCL0_3_PITCH (16 bits);
drivers/gpu/drm/i915/display/skl_universal_plane.c skl_plane_max_stride().

Example:
    buffers.frame.size: 128x16  # 512 bytes a row
    devices.panel.ports.scanout.images[0].stride.max: {violates: 511, passes: 512}
"""

from heapwright.platforms.schema import Beyond
from heapwright.solver.constraints.kind import ConstraintKind, clauses, stated
from heapwright.solver.layout.layout import Demand


def _asks(
    need: Demand,
    least: int | None,
    most: int | None,
    most_pixels: int | None,
    beyond: Beyond | None,
) -> None:
    need.minimum = max(need.minimum, least or 0)
    need.maximum = _smaller(need.maximum, most)
    need.max_pixels = _smaller(need.max_pixels, most_pixels)
    if beyond is not None:
        need.beyond += ((beyond.bytes, beyond.multiple),)


def _smaller(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _words(
    label: str,
    title: str,
    least: int | None,
    most: int | None,
    most_pixels: int | None,
    beyond: Beyond | None,
) -> str:
    parts = clauses(
        (least, "at least {} bytes"),
        (most, "at most {} bytes"),
        (most_pixels, "at most {} pixels"),
        (beyond, "a multiple of {0.multiple} bytes above {0.bytes}"),
    )
    return f"{title} takes strides of {', '.join(parts)} in {label}"


KIND = ConstraintKind(
    name="stride-range",
    scope="layout",
    reads=("rule.stride.min", "rule.stride.max", "rule.stride.max_pixels", "rule.stride.beyond"),
    rule=stated,
    asks=_asks,
    words=_words,
)
