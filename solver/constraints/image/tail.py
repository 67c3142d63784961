"""A device may touch bytes after the image: motion vectors, read-over, guards.

Source: linux-7.2.13:drivers/media/platform/rockchip/rkvdec/rkvdec.c rkvdec_colmv_size()
(128 bytes per macroblock); drivers/media/platform/verisilicon/hantro_hw.h
hantro_h264_mv_size(); drivers/media/platform/mediatek/vcodec/encoder/mtk_vcodec_enc.c.

Example:
    devices.panel.ports.scanout.bytes.max: 1100  # the image has 16 × 16 × 4 = 1024
    devices.camera.ports.capture.images[0].tail.bytes: {violates: 77, passes: 76}
    clashes_with: [extent]
"""

from __future__ import annotations

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand, round_up

NAME = "tail"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    return attachment.rule is not None and attachment.rule.tail is not None


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    rule = attachment.rule
    assert rule is not None and rule.tail is not None
    coded = image
    if rule.coded is not None and isinstance(rule.coded.multiple, Extent):
        width, height = rule.coded.multiple
        coded = Extent(round_up(image.width, width), round_up(image.height, height))
    need.tails += ((rule.tail, coded),)


def sentence(label: str, attachment: BoundAttachment) -> str:
    assert attachment.rule is not None and attachment.rule.tail is not None
    tail = attachment.rule.tail
    parts = []
    if isinstance(tail.bytes, int) and tail.bytes:
        parts.append(f"{tail.bytes} bytes")
    if tail.per_block is not None:
        parts.append(f"{tail.per_block.bytes} bytes per block of {tail.per_block.of}")
    if tail.rows:
        parts.append(f"{tail.rows} rows")
    if tail.at_least_stride_or is not None:
        parts.append(f"a stride or {tail.at_least_stride_or} bytes, whichever is more,")
    where = "each plane" if tail.per_plane else "the image"
    return f"{attachment.title} touches {' and '.join(parts) or 'nothing'} after {where} of {label}"
