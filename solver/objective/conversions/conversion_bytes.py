"""Bytes per second that conversions move: read and written, at the buffer's rate (design §6, 3).

Each placement bears its own side. What the CPU converts counts 64-fold, so that it is the
last resort; a buffer without a rate is converted once a second. A lossless copy by a device of a card
that has memory of its own counts nothing: it is how such a card hands on what it makes near itself, and
what it takes of links and memories is load.

Example:
    devices.camera.ports.capture.images[0].formats: [YUYV]
    devices.rga: {kind: 2d, ports: {source: {images: [{formats: [YUYV]}]}, target: {}}}
    devices.rga.converts: [{from: source, to: target, may_change: [format, stride]}]
    buffers.frame.conversions: allow  # 16 × 16 pixels: 512 bytes are read, and 1024 written
    buffers.frame.rate: {costs 46080: 30, costs 92160: 60}
"""

from typing import Final

from heapwright.solver.objective.term import CostTerm
from heapwright.solver.question.facts import End

BY_CPU: Final = 64


def _moved(ends: tuple[End, ...], sizes: tuple[int, ...], rate: int) -> int:
    return sum(sizes) * sum(weight(end, rate) for end in ends) if ends else 0


def weight(end: End, rate: int) -> int:
    """What a byte costs."""
    if unpaid(end):
        return 0
    return (BY_CPU if end.device.spec.kind == "cpu" else 1) * max(rate, 1)


def unpaid(end: End) -> bool:
    """Whether it is a side of a copy that is charged as load alone."""
    return end.device.card and end.edge.lossless is True


TERM = CostTerm(
    name="conversion-bytes",
    scope="placed",
    reads=("ends", "sizes", "rate"),
    rule=_moved,
    grows=frozenset({"sizes"}),
    unit="bytes/s",
)
