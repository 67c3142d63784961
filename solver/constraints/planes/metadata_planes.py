"""Metadata comes first in its plane, and pixels begin on multiples of some bytes after it.

AFBC's header is followed by the superblocks, which Mali wants on 128 bytes from
architecture 6 on and others on 64 or 1024; UBWC's metadata takes whole pages. What a
modifier fixes by itself (docs/modifiers.md) is no fact of a port.

Source: mesa:src/panfrost/lib/pan_afbc.h pan_afbc_body_align(); minigbm:rockchip.c
afbc_bo_from_format(); linux-7.2.13:drivers/gpu/drm/drm_gem_framebuffer_helper.c drm_gem_afbc_min_size().

Example:
    devices.camera.ports.capture.images[0].modifiers: [QCOM_COMPRESSED]
    devices.panel.ports.scanout.images[0].modifiers: [QCOM_COMPRESSED]
    devices.panel.ports.scanout.images[0].metadata.multiple: {violates: 8192, passes: 4096}  # it has 4096 bytes
    clashes_with: [modifier]
"""

from heapwright.platforms.schema import BytesMultiple
from heapwright.solver.constraints.kind import common_multiple


def _words(label: str, title: str, asked: BytesMultiple) -> str:
    return f"{title} needs the pixels of {label} to begin on a multiple of {asked.multiple} bytes after their metadata"


KIND = common_multiple("metadata-planes", "rule.metadata", "metadata", _words)
