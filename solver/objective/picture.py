"""What formats lose of what there is to show (design §6, 5): bits for 16 pixels, 32-fold.

Chroma samples, bits of channels and transparency that the image has and the format has not. More than
the image has gains nothing: of formats that lose as little, the one with less beyond comes first, which
is what the smaller part of the number counts.

Example:
    buffers.frame.picture.chroma: 444
    buffers.frame.picture.depth: {costs 0: 8, costs 1536: 9}  # a bit of three channels of 16 pixels, 32-fold
"""

from heapwright.solver.objective.term import CostTerm


def _lost(loss: int) -> int:
    return loss


TERM = CostTerm(name="picture", scope="counted", reads=("loss",), rule=_lost, grows=frozenset({"loss"}))
