"""Bytes per second that conversions move: read and written, at the buffer's rate (design §6, 2).

Each placement bears its own side. What the CPU converts counts 64-fold, so that it is the
last resort; a buffer without a rate is converted once a second.

Example:
    devices.camera.ports.capture.images[0].formats: [YUYV]
    devices.rga: {kind: 2d, ports: {source: {images: [{formats: [YUYV]}]}, target: {}}}
    devices.rga.converts: [{from: source, to: target, may_change: [format, stride]}]
    buffers.frame.conversions: allow  # 16 × 16 pixels: 512 bytes are read, and 1024 written
    buffers.frame.rate: {costs 46080: 30, costs 92160: 60}
"""

from __future__ import annotations

from heapwright.solver.constraints.kind import Placed
from heapwright.solver.question.facts import End

NAME = "conversion-bytes"
SCOPE = "placed"
BY_CPU = 64


def value(placed: Placed) -> int:
    if not placed.ends:
        return 0
    return sum(placed.sizes) * sum(weight(end, placed.rate) for end in placed.ends)


def weight(end: End, rate: int) -> int:
    """What a byte costs."""
    return (BY_CPU if end.device.spec.kind == "cpu" else 1) * max(rate, 1)
