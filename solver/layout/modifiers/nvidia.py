"""NVIDIA's block-linear layout: GOBs of 64 bytes by 8 rows (4 on G80 to GT2XX), stacked 2^h high.

Page kind and sector layout change which byte is where, and no size; compressed kinds
have their tags elsewhere, and are not public.

Source: linux-7.2.13:include/uapi/drm/drm_fourcc.h DRM_FORMAT_MOD_NVIDIA_BLOCK_LINEAR_2D.

Example:
    image: [XR24, NVIDIA_16BX2_BLOCK(4), 1920x1080]  # GOBs of 8 rows, 16 of them stacked: 1152 rows
    strides: [7680]
    bytes: 8847360
"""

from heapwright.platforms.fourcc.formats import PixelFormat
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.shape import Shape


def claims(modifier: Modifier) -> bool:
    known = modifier.family in ("NVIDIA_16BX2_BLOCK", "NVIDIA_BLOCK_LINEAR_2D")
    return known and not modifier.compressed


def shape(pixels: PixelFormat, modifier: Modifier) -> Shape | None:
    table = facts("nvidia")
    if not pixels.linear:
        return None
    old = len(modifier.words) > 1 and modifier.words[2] == "1"
    rows = (table["gob_rows_g80"] if old else table["gob_rows"]) << int(modifier.words[-1])
    number = len(pixels.planes)
    return Shape(pixels.planes, (rows,) * number, (table["gob_bytes"],) * number)
