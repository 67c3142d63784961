"""Rows start on multiples of some bytes, or hold whole groups of pixels.

Registers count strides in words or bursts, import checks refuse others, and
packed formats come in groups: NV15 holds 4 pixels in 5 bytes. Several devices
are merged by the least common multiple, which need not be a power of two. A
stride that a driver silently rounds is written as the multiple it needs.

Source: linux-7.2.13:drivers/gpu/drm/rockchip/rockchip_drm_vop.c
vop_plane_atomic_update(); mesa:src/panfrost/lib/pan_layout.c pan_image_layout_init().

Example:
    devices.camera.ports.capture.images[0].stride.fixed: true
    buffers.frame.size: 1366x768  # 1366 × 4 = 5464 bytes a row
    devices.panel.ports.scanout.images[0].stride.multiple: {violates: 64, passes: 8}
    clashes_with: [stride-exact]
"""

from __future__ import annotations

from math import lcm

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand

NAME = "stride-multiple"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    stride = attachment.rule.stride if attachment.rule else None
    return stride is not None and (isinstance(stride.multiple, int) or stride.pixels is not None)


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    assert attachment.rule is not None
    stride = attachment.rule.stride
    if isinstance(stride.multiple, int):
        need.multiple = lcm(need.multiple, stride.multiple)
        if stride.planes == "halved":
            need.halved += (stride.multiple,)
    if stride.pixels is not None:
        need.groups += ((stride.pixels.group, stride.pixels.bytes),)


def sentence(label: str, attachment: BoundAttachment) -> str:
    assert attachment.rule is not None
    stride = attachment.rule.stride
    parts = []
    if isinstance(stride.multiple, int):
        parts.append(f"a stride that is a multiple of {stride.multiple} bytes")
    if stride.pixels is not None:
        parts.append(f"rows of whole groups of {stride.pixels.group} pixels in {stride.pixels.bytes} bytes")
    return f"{attachment.title} needs {' and '.join(parts)} in {label}"
