"""A device may touch more rows than the image has: planes are padded.

Source: linux-7.2.13:drivers/media/platform/chips-media/wave5/wave5-vpuconfig.h
W5_ENC_RAW_STEP_HEIGHT (16 rows).

Example:
    devices.panel.ports.scanout.bytes.max: 1536
    buffers.frame.size: 16x17  # 64 × 32 = 2048 bytes, or 64 × 24 = 1536
    devices.camera.ports.capture.images[0].rows.multiple: {violates: 16, passes: 8}
    clashes_with: [extent]
"""

from heapwright.platforms.schema import RowsMultiple
from heapwright.solver.constraints.kind import common_multiple


def _words(label: str, title: str, asked: RowsMultiple) -> str:
    return f"{title} touches whole groups of {asked.multiple} rows of {label}"


KIND = common_multiple("rows", "rule.rows", "rows", _words)
