"""The board has no device of that kind, no such port, or none for that codec.

Source: the platform profile; a pipeline is portable and may ask for what a board
does not have.

Example:
    buffers.frame.read_by: gpu.sample
    devices.gpu0: {violates: {kind: gpu, ports: {render: {}}}, passes: {kind: gpu, ports: {sample: {}}}}
"""

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.question.pipeline import Attachment


def possible(board: Board, use: Attachment) -> bool:
    """Whether any device fits."""
    return any(use.fits(device.spec) for device in board.devices.values())


def sentence(board: Board, label: str, use: Attachment) -> str:
    selector = use.selector
    what = f"{selector.kind}.{selector.port}"
    for_codec = f" for {use.codec}" if use.codec else ""
    at = f" with connector {selector.connector}" if selector.connector else ""
    others = sum(device.spec.kind == selector.kind for device in board.devices.values())
    other = f" ({others} of kind {selector.kind} without it)" if others else ""
    if others and possible(board, use):
        other = ", or not as many different ones as asked for"
    return f"{board.name} has no {what}{at}{for_codec}{other}, which {label} needs"


KIND = ConstraintKind(name="missing-device", scope="question", words=sentence)
