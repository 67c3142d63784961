"""Conversions that may lose something; borne by what they write (design §6, 1).

An edge that is not known to be lossless is lossy. One of the CPU counts four times, so it
comes after any chain of others, of which the longest has three.

Example:
    devices.camera.ports.capture.images[0].formats: [YUYV]
    devices.rga: {kind: 2d, ports: {source: {images: [{formats: [YUYV]}]}, target: {}}}
    devices.rga.converts: [{from: source, to: target, may_change: [format, stride]}]
    buffers.frame.conversions: allow
    devices.rga.converts[0].lossless: {costs 0: true, costs 1: false}
"""

from typing import Final

from heapwright.solver.objective.term import CostTerm
from heapwright.solver.question.facts import End

BY_CPU: Final = 4


def _lost(ends: tuple[End, ...]) -> int:
    return sum(map(loss, ends))


def loss(end: End) -> int:
    """What an edge counts where it writes; nothing where it reads."""
    if end.access == "read" or end.edge.lossless is True:
        return 0
    return BY_CPU if end.device.spec.kind == "cpu" else 1


TERM = CostTerm(name="lossy-conversions", scope="placed", reads=("ends",), rule=_lost)
