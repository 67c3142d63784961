"""Where an API carries no plane offsets, chroma lies where the driver expects it.

V4L2's single-buffer formats put chroma at stride × the height as *that driver*
rounds it. Two such drivers disagree at equal stride: a green bar.

Source: linux-7.2.13:drivers/media/v4l2-core/v4l2-common.c v4l2_fill_pixfmt_mp_aligned();
drivers/media/platform/chips-media/wave5/wave5-vpu-enc.c start_encode().

Example:
    devices.camera.ports.capture.images[0]: {formats: [NV12], implied_offset: {rows: {multiple: 16}}}
    devices.panel.ports.scanout.images[0].formats: [NV12]
    buffers.frame.size: 1920x1080  # chroma after 1088 rows; after 1080, and after 1088
    devices.panel.ports.scanout.images[0].implied_offset.rows.multiple: {violates: 8, passes: 32}
    clashes_with: [plane-buffers]
"""

from __future__ import annotations

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand

NAME = "implied-plane-offset"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    rule = attachment.rule
    return (
        rule is not None
        and rule.implied_offset is not None
        and isinstance(rule.implied_offset.rows.multiple, int)
    )


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    assert attachment.rule is not None and attachment.rule.implied_offset is not None
    multiple = attachment.rule.implied_offset.rows.multiple
    assert isinstance(multiple, int)  # states()
    need.implied += (multiple,)


def sentence(label: str, attachment: BoundAttachment) -> str:
    assert attachment.rule is not None and attachment.rule.implied_offset is not None
    multiple = attachment.rule.implied_offset.rows.multiple
    return (
        f"{attachment.title} is told no plane offsets: it looks for chroma of {label} after its height "
        f"rounded up to {multiple} rows"
    )
