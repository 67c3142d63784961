"""Planes within a buffer start on multiples of some bytes.

Source: mesa-25.0.7:src/panfrost/lib/pan_layout.c pan_image_layout_init() (64: a smaller
one may be let in, and is rounded up); src/gallium/drivers/lima/lima_resource.c (64).

Example:
    devices.panel.ports.scanout.images[0]: {formats: [NV12], stride: {max: 16}}
    devices.panel.ports.scanout.images[0].implied_offset.rows.multiple: 1
    devices.camera.ports.capture.images[0].formats: [NV12]
    buffers.frame.size: 16x6  # the panel looks for chroma at 16 × 6 = 96
    devices.camera.ports.capture.images[0].offset.multiple: {violates: 64, passes: 32}
    clashes_with: [implied-plane-offset, plane-buffers, stride-range]
"""

from __future__ import annotations

from math import lcm

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand

NAME = "plane-offset"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    rule = attachment.rule
    return rule is not None and rule.offset is not None and isinstance(rule.offset.multiple, int)


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    assert attachment.rule is not None and attachment.rule.offset is not None
    assert isinstance(attachment.rule.offset.multiple, int)  # states()
    need.offset = lcm(need.offset, attachment.rule.offset.multiple)


def sentence(label: str, attachment: BoundAttachment) -> str:
    assert attachment.rule is not None and attachment.rule.offset is not None
    return f"{attachment.title} needs the planes of {label} on multiples of {attachment.rule.offset.multiple} bytes"
