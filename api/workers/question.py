"""What is asked, in a form that is cheap to send; boards and pipelines that a worker has read are kept."""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import heapwright
from heapwright.platforms.catalog import load_platform
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement
from heapwright.solver.question.pipeline import Pipeline

KEPT: Final = 32 << 20
"""Bytes of packed boards and pipelines that a process keeps unpacked, by what was used last."""


class Packed(NamedTuple):
    """A value to send, and the digest by which it is known to whoever has it already."""

    digest: bytes
    content: bytes

    @classmethod
    def of(cls, value: Any) -> Packed:
        content = pickle.dumps(value)
        return cls(hashlib.blake2b(content, digest_size=16).digest(), content)


class _KeptValues:
    """Values that were unpacked before, those that were used last."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._values: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()

    def value(self, packed: Packed) -> Any:
        if packed.digest in self._values:
            self._values.move_to_end(packed.digest)
            return self._values[packed.digest][0]
        value, size = pickle.loads(packed.content), len(packed.content)
        self._values[packed.digest] = value, size
        self.size += size
        while self.size > self.most:
            _, (_, gone) = self._values.popitem(last=False)
            self.size -= gone
        return value


_kept = _KeptValues(KEPT)


def unpacked(packed: Packed) -> Any:
    """The value, kept for the next time."""
    return _kept.value(packed)


class PackedQuestion(NamedTuple):
    """One question to the solver. A board of ours goes by its name, others are packed once for many questions."""

    board: str | Packed
    pipelines: Packed
    names: tuple[str, ...]
    """Of the board, and of the pipelines."""
    live: Packed | None = None
    pins: tuple[str, ...] = ()
    options: heapwright.Options = heapwright.Options()

    @classmethod
    def of(
        cls,
        board: str | Platform,
        pipelines: Sequence[Pipeline],
        *,
        live: Sequence[Placement] = (),
        pins: Sequence[str] = (),
        options: heapwright.Options = heapwright.Options(),
    ) -> PackedQuestion:
        """A board by its name is one of ours, never a file."""
        return cls(
            board if isinstance(board, str) else Packed.of(board),
            Packed.of(tuple(pipelines)),
            (board if isinstance(board, str) else board.name, *(pipeline.name for pipeline in pipelines)),
            Packed.of(tuple(live)) if live else None,
            tuple(pins),
            options,
        )

    def unpacked(self) -> tuple[Platform, tuple[Pipeline, ...], tuple[Placement, ...]]:
        """Board, pipelines, live placements.

        Raises:
            UnknownPlatform: we have no such board.
        """
        board = shipped(self.board) if isinstance(self.board, str) else unpacked(self.board)
        return board, unpacked(self.pipelines), () if self.live is None else unpacked(self.live)


@lru_cache(maxsize=128)
def shipped(name: str) -> Platform:
    """One of our boards, read once."""
    return load_platform(name)
