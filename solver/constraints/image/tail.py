"""A device may touch bytes after the image: motion vectors, read-over, guards.

Source: linux-7.2.13:drivers/media/platform/rockchip/rkvdec/rkvdec.c rkvdec_colmv_size()
(128 bytes per macroblock); drivers/media/platform/verisilicon/hantro_hw.h
hantro_h264_mv_size(); drivers/media/platform/mediatek/vcodec/encoder/mtk_vcodec_enc.c.

Example:
    devices.panel.ports.scanout.bytes.max: 1100  # the image has 16 × 16 × 4 = 1024
    devices.camera.ports.capture.images[0].tail.bytes: {violates: 77, passes: 76}
    clashes_with: [extent]
"""

from heapwright.platforms.schema import ExtentMultiple, Tail
from heapwright.solver.constraints.image.coded_size import block_of
from heapwright.solver.constraints.kind import ConstraintKind, clauses
from heapwright.solver.layout.layout import Demand, whole_blocks


def _states(tail: Tail | None, coded: ExtentMultiple | None) -> bool:
    return tail is not None


def _asks(need: Demand, tail: Tail, coded: ExtentMultiple | None) -> None:
    need.tails += ((tail, whole_blocks(need.image, block_of(coded))),)


def _words(label: str, title: str, tail: Tail, coded: ExtentMultiple | None) -> str:
    parts = clauses(
        (tail.bytes or None, "{} bytes"),
        (tail.per_block, "{0.bytes} bytes per block of {0.of}"),
        (tail.rows or None, "{} rows"),
        (tail.at_least_stride_or, "a stride or {} bytes, whichever is more,"),
    )
    where = "each plane" if tail.per_plane else "the image"
    return f"{title} touches {' and '.join(parts) or 'nothing'} after {where} of {label}"


KIND = ConstraintKind(
    name="tail",
    scope="layout",
    reads=("rule.tail", "rule.coded"),
    rule=_states,
    asks=_asks,
    words=_words,
)
