"""Intel's compression: tiles as ever, and a small plane of control data for each, or none.

Up to display version 12 and on Meteor Lake the control data is a plane of the
framebuffer; on DG2, Lunar Lake and Battlemage it lies outside the buffer. `_CC` adds a
plane with the clear colour.

Source: linux-7.2.13:drivers/gpu/drm/i915/display/intel_fb.c gen12_ccs_aux_stride(),
intel_fb_stride_alignment(), intel_modifiers[]; include/uapi/drm/drm_fourcc.h.

Example:
    image: [XR24, I915_Y_TILED_GEN12_RC_CCS, 1920x1080]  # 8355840 bytes, then a 256th of it
    strides: [7680, 960]
    offsets: [0, 8355840]
    bytes: 8388608
"""

from typing import Any, Final

from heapwright.platforms.fourcc.formats import PixelFormat
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.modifiers.linear import whole_samples
from heapwright.solver.layout.shape import Control, Metadata, Shape

EVERYTHING: Final = 1 << 40
"""One block of control data for the whole image."""


def claims(modifier: Modifier) -> bool:
    return modifier.name in facts("ccs")


def shape(pixels: PixelFormat, modifier: Modifier) -> Shape | None:
    table = facts("ccs")
    row: dict[str, Any] = table[modifier.name]
    (width, height), page, sizes = table["tile"], table["page"], whole_samples(pixels)
    if sizes is None or (row["control"] == "gen9" and sizes != (4,)):
        return None  # gen9: "must be one of the 8:8:8:8 RGB formats"
    controls: list[Control] = []
    beyond = (EVERYTHING, 1)
    if row["control"] == "gen9":
        beyond = (table["wide"], 4 * width)
        # A byte for 8 x 16 pixels of four bytes, in Y tiles.
        controls = [Control(0, Metadata(32, 16, 1, width, height, page), page)]
    elif row["control"] == "gen12":
        # 64 bytes for four tiles in a row.
        data = Metadata(4 * width, height, 64, 1, 1, page)
        controls = [Control(index, data, page) for index in range(len(sizes))]
    if row.get("clear"):
        controls.append(Control(0, Metadata(EVERYTHING, EVERYTHING, 64, 64, 1, page)))
    return Shape(
        pixels.planes,
        (height,) * len(sizes),
        (width * row["across"],) * len(sizes),
        controls=tuple(controls),
        align=(page,),
        whole=row.get("whole", 1),
        beyond=beyond,
        compressed=True,
    )
