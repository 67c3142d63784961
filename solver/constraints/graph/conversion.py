"""A converter changes only what its profile says, only if the pipeline lets it, and only so fast.

Conversions are inserted where no placement suits everybody: a device reads one placement
of a buffer and writes another along an edge of its profile. Whatever the edge may not
change stays as it is; both attachments obey every other kind. All conversions along an
edge together read at most what it gets through.

Source: design §5, 38; the edges are `converts` of the profile, each with its source.

Example:
    devices.camera.ports.capture.images[0].formats: [YUYV]
    devices.rga: {kind: 2d, ports: {source: {images: [{formats: [YUYV]}]}, target: {}}}
    devices.rga.converts: [{from: source, to: target, may_change: [format]}]
    buffers.frame.conversions: {violates: forbid, passes: allow}
    clashes_with: [format]
"""

from collections.abc import Iterable, Sequence

from heapwright.platforms.schema import ConversionEdge
from heapwright.solver.board.board import Board
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.constraints.kind import Budgeting, ConstraintKind
from heapwright.solver.question.facts import End


def _charges(ends: tuple[End, ...], sizes: tuple[int, ...], rate: int) -> Iterable[Charge]:
    return [
        (
            Budget(KIND.name, end.title, most, f"bytes/s of edge {end.number} of {end.device.name}", False),
            0,
            rate * sum(sizes),
        )
        for end in ends
        if end.access == "read" and isinstance(most := end.edge.throughput, int)
    ]


def _exceeded(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} bytes/s of {budget.subject}, which gets through {budget.limit}"


def _source(board: Board, budget: Budget) -> str:
    found = [
        (edge.source or device.spec.source, edge.throughput == budget.limit)
        for device in board.devices.values()
        for number, edge in enumerate(device.spec.converts)
        if End(device, number, edge, "read").title == budget.subject
    ]
    return max(found, key=lambda each: each[1])[0]


def attachment_sentence(label: str, device: str, edges: Sequence[ConversionEdge]) -> str:
    """What a converter can do, where none of it serves a buffer."""
    ways = "; ".join(
        dict.fromkeys(f"{e.from_} to {e.to}, changing {' and '.join(e.may_change)}" for e in edges)
    )
    slow = " fast enough" if any(isinstance(edge.throughput, int) for edge in edges) else ""
    return f"{device} converts no placement of {label} into one that serves{slow} ({ways})"


def policy_sentence(label: str, policy: str) -> str:
    """What the pipeline says of a buffer."""
    if policy == "forbid":
        return f"{label} is not to be converted"
    return f"{label} is to be converted without loss only"


KIND = ConstraintKind(
    name="conversion",
    scope="budget",
    budget=Budgeting(
        reads=("ends", "sizes", "rate"),
        charges=_charges,
        grows=frozenset({"sizes"}),
        exceeded=_exceeded,
        source=_source,
    ),
)
