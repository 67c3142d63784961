"""What formats on the two sides of conversions lose of what there is to show, in bits for 16 pixels (design §6, 2).

What they have beyond counts nothing here. So nothing goes grey on its way to fewer bytes. Each placement bears it once for every conversion that
reads or writes it; what is not converted bears nothing, whatever its format (`picture`).

Example:
    devices.camera.ports.capture.images[0].formats: [YUYV]
    devices.rga: {kind: 2d, ports: {source: {images: [{formats: [YUYV]}]}, target: {}}}
    devices.rga.converts: [{from: source, to: target, may_change: [format, stride]}]
    buffers.frame.conversions: allow
    buffers.frame.picture: {costs 0: {chroma: 422}, costs 128: {chroma: 444}}  # 8 samples of two channels
"""

from heapwright.solver.objective.term import CostTerm
from heapwright.solver.question.content import MOST_SPARE
from heapwright.solver.question.facts import End


def _lost(ends: tuple[End, ...], loss: int) -> int:
    return len(ends) * (loss // MOST_SPARE)


TERM = CostTerm(
    name="converted-picture",
    scope="counted",
    reads=("placed.ends", "loss"),
    rule=_lost,
    grows=frozenset({"loss"}),
)
