"""Carrying out a plan in the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from solver.plan import Answer
    from solver.render import Block


class Allocated(NamedTuple):
    """What became of a plan."""

    data: dict[str, Any]
    blocks: tuple[Block, ...]
    faults: tuple[str, ...]

    @property
    def failed(self) -> bool:
        return bool(self.faults)


def allocated(question: Any, answer: Answer) -> Allocated:
    """Carry `answer` out."""
    raise NotImplementedError
