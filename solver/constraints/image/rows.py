"""A device may touch more rows than the image has: planes are padded.

Source: linux-7.2.13:drivers/media/platform/chips-media/wave5/wave5-vpuconfig.h
W5_ENC_RAW_STEP_HEIGHT (16 rows).

Example:
    devices.panel.ports.scanout.bytes.max: 1536
    buffers.frame.size: 16x17  # 64 × 32 = 2048 bytes, or 64 × 24 = 1536
    devices.camera.ports.capture.images[0].rows.multiple: {violates: 16, passes: 8}
    clashes_with: [extent]
"""

from __future__ import annotations

from math import lcm

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand

NAME = "rows"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    rule = attachment.rule
    return rule is not None and rule.rows is not None and isinstance(rule.rows.multiple, int)


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    assert attachment.rule is not None and attachment.rule.rows is not None
    assert isinstance(attachment.rule.rows.multiple, int)  # states()
    need.rows = lcm(need.rows, attachment.rule.rows.multiple)


def sentence(label: str, attachment: BoundAttachment) -> str:
    assert attachment.rule is not None and attachment.rule.rows is not None
    return f"{attachment.title} touches whole groups of {attachment.rule.rows.multiple} rows of {label}"
