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

from heapwright.platforms.schema import BytesMultiple
from heapwright.solver.constraints.kind import common_multiple


def _words(label: str, title: str, asked: BytesMultiple) -> str:
    return f"{title} needs the planes of {label} on multiples of {asked.multiple} bytes"


KIND = common_multiple("plane-offset", "rule.offset", "offset", _words)
