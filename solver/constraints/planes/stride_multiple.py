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

from math import lcm

from heapwright.platforms.schema import PixelGroup
from heapwright.solver.constraints.kind import ConstraintKind, clauses
from heapwright.solver.layout.layout import Demand


def _states(multiple: int | None, planes: str | None, pixels: PixelGroup | None) -> bool:
    return multiple is not None or pixels is not None


def _asks(need: Demand, multiple: int | None, planes: str | None, pixels: PixelGroup | None) -> None:
    if multiple is not None:
        need.multiple = lcm(need.multiple, multiple)
        if planes == "halved":
            need.halved += (multiple,)
    if pixels is not None:
        need.groups += ((pixels.group, pixels.bytes),)


def _words(
    label: str, title: str, multiple: int | None, planes: str | None, pixels: PixelGroup | None
) -> str:
    parts = clauses(
        (multiple, "a stride that is a multiple of {} bytes"),
        (pixels, "rows of whole groups of {0.group} pixels in {0.bytes} bytes"),
    )
    return f"{title} needs {' and '.join(parts)} in {label}"


KIND = ConstraintKind(
    name="stride-multiple",
    scope="layout",
    reads=("rule.stride.multiple", "rule.stride.planes", "rule.stride.pixels"),
    rule=_states,
    asks=_asks,
    words=_words,
)
