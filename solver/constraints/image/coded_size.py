"""A codec writes whole blocks: the coded size is rounded up and cropped.

Stated by ports that write; the visible size stays, readers crop.

Source: linux-7.2.13:drivers/media/platform/rockchip/rkvdec/rkvdec.c
rkvdec_coded_fmts[] (64x16, VP9 64x64).

Example:
    devices.panel.ports.scanout.images[0].stride.max: 448
    buffers.frame.size: 100x40  # 128 × 4 = 512 bytes a row, or 112 × 4 = 448
    devices.camera.ports.capture.images[0].coded.multiple: {violates: 64x16, passes: 16x16}
    clashes_with: [stride-range]
"""

from __future__ import annotations

from math import lcm

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand

NAME = "coded-size"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    rule = attachment.rule
    return (
        rule is not None
        and attachment.writes
        and rule.coded is not None
        and isinstance(rule.coded.multiple, Extent)
    )


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    assert attachment.rule is not None and attachment.rule.coded is not None
    multiple = attachment.rule.coded.multiple
    assert isinstance(multiple, Extent)  # states()
    need.coded_width = lcm(need.coded_width, multiple.width)
    need.coded_height = lcm(need.coded_height, multiple.height)


def sentence(label: str, attachment: BoundAttachment) -> str:
    assert attachment.rule is not None and attachment.rule.coded is not None
    return f"{attachment.title} writes whole blocks of {attachment.rule.coded.multiple} into {label}"
