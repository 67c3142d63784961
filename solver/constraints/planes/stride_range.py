"""Registers bound the stride, in bytes, in pixels, or by rules past a threshold.

Source: linux-7.2.13:drivers/gpu/drm/mxsfb/lcdif_regs.h CTRLDESCL0_3_PITCH (16 bits);
drivers/gpu/drm/i915/display/skl_universal_plane.c skl_plane_max_stride().

Example:
    buffers.frame.size: 128x16  # 512 bytes a row
    devices.panel.ports.scanout.images[0].stride.max: {violates: 511, passes: 512}
"""

from __future__ import annotations

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand

NAME = "stride-range"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    if attachment.rule is None:
        return False
    stride = attachment.rule.stride
    bounded = isinstance(stride.min, int) or isinstance(stride.max, int) or isinstance(stride.max_pixels, int)
    return bounded or stride.beyond is not None


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    assert attachment.rule is not None
    stride = attachment.rule.stride
    if isinstance(stride.min, int):
        need.minimum = max(need.minimum, stride.min)
    if isinstance(stride.max, int):
        need.maximum = stride.max if need.maximum is None else min(need.maximum, stride.max)
    if isinstance(stride.max_pixels, int):
        least = need.max_pixels
        need.max_pixels = stride.max_pixels if least is None else min(least, stride.max_pixels)
    if stride.beyond is not None:
        need.beyond += ((stride.beyond.bytes, stride.beyond.multiple),)


def sentence(label: str, attachment: BoundAttachment) -> str:
    assert attachment.rule is not None
    stride = attachment.rule.stride
    parts = []
    if isinstance(stride.min, int):
        parts.append(f"at least {stride.min} bytes")
    if isinstance(stride.max, int):
        parts.append(f"at most {stride.max} bytes")
    if isinstance(stride.max_pixels, int):
        parts.append(f"at most {stride.max_pixels} pixels")
    if stride.beyond is not None:
        parts.append(f"a multiple of {stride.beyond.multiple} bytes above {stride.beyond.bytes}")
    return f"{attachment.title} takes strides of {', '.join(parts)} in {label}"
