"""Two transcripts of one sequence held against each other, luck set apart.

The board carries a sequence out twice: once with pages never adjacent by luck, once
always. Where the two differ, either is lawful, and the step is luck; everywhere else
the kernel must say the very same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heapwright.platforms.schema import Platform
from tests.kernel.sequences.language import Outcome, Performer, Step, perform
from tests.kernel.sequences.on_board import Pretended

UNLUCKY, LUCKY = 0.0, 1.0


class Disagreement(NamedTuple):
    """A step that kernel and board answer differently."""

    step: Step
    kernel: Outcome
    board: tuple[Outcome, ...]

    def __str__(self) -> str:
        lawful = " or ".join(f"{each.word} {each.number}" for each in self.board)
        return f"{self.step}: the kernel says {self.kernel.word} {self.kernel.number}, the board {lawful}"


class Compared(NamedTuple):
    """How a sequence went."""

    steps: int
    luck: int
    disagreements: tuple[Disagreement, ...]


def compared(
    platform: Platform, steps: Sequence[Step], kernel: Performer, lucks: Sequence[float] = (UNLUCKY, LUCKY)
) -> Compared:
    """Carry a sequence out on both; with one `lucks` nothing of it can be luck."""
    told = perform(steps, kernel)
    boards = [perform(steps, Pretended(platform, luck)) for luck in lucks]
    lawful = [tuple(dict.fromkeys(each)) for each in zip(*boards, strict=True)]
    return Compared(
        len(steps),
        sum(len(each) > 1 for each in lawful),
        tuple(
            Disagreement(step, said, board)
            for step, said, board in zip(steps, told, lawful, strict=True)
            if said not in board
        ),
    )
