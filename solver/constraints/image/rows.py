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
from typing import Final

from heapwright.platforms.schema import RowsMultiple
from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import ConstraintKind, of_multiple
from heapwright.solver.layout.layout import Demand


def _asks(need: Demand, image: Extent, asked: RowsMultiple) -> None:
    need.rows = lcm(need.rows, int(asked.multiple))


def _words(label: str, title: str, asked: RowsMultiple) -> str:
    return f"{title} touches whole groups of {asked.multiple} rows of {label}"


KIND: Final = ConstraintKind(
    name="rows", scope="layout", reads=("rule.rows",), rule=of_multiple, asks=_asks, words=_words
)
