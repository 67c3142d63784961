"""Addresses to columns of text: occupied stretches to scale, the empty ones between them one column wide.

A board's memories may lie an inch or a mile apart (SRAM at 0xff001000, memory from 0x0,
a card at 2^43), so a scale over everything would show nothing. Each stretch that holds
memory has columns in proportion to its bytes, and one at least.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

Range = tuple[int, int]
"""From, and up to but without."""


class Stretch(NamedTuple):
    """Addresses `start` to `end`, drawn on `columns` columns from `left` on."""

    start: int
    end: int
    left: int
    columns: int

    def cells(self, start: int, end: int) -> range:
        """The columns that the range touches within this stretch; a sliver still has one."""
        start, end = max(start, self.start), min(end, self.end)
        if start >= end:
            return range(0)
        length = self.end - self.start
        first = (start - self.start) * self.columns // length
        last = -(-(end - self.start) * self.columns // length)
        return range(self.left + first, self.left + max(last, first + 1))


class Scale:
    """The stretches that hold memory, side by side on `columns` columns."""

    def __init__(self, ranges: Iterable[Range], columns: int) -> None:
        joined: list[list[int]] = []
        for start, end in sorted(ranges):
            if joined and start <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], end)
            else:
                joined.append([start, end])
        space = max(columns - (len(joined) - 1), len(joined))
        widths = _shares([end - start for start, end in joined], space)
        self.stretches: list[Stretch] = []
        left = 0
        for (start, end), width in zip(joined, widths, strict=True):
            self.stretches.append(Stretch(start, end, left, width))
            left += width + 1
        self.columns = max(left - 1, 0)

    def bar(self, layers: Iterable[tuple[Range, str]], blank: str, gap: str) -> str:
        """Each range drawn in its character over the ones before it."""
        found = [gap] * self.columns
        for stretch in self.stretches:
            for column in range(stretch.left, stretch.left + stretch.columns):
                found[column] = blank
        for (start, end), character in layers:
            for stretch in self.stretches:
                for column in stretch.cells(start, end):
                    found[column] = character
        return "".join(found)

    def ruler(self) -> str:
        """The addresses at which the stretches begin, and the last one ends, as far as there is space."""
        marks = [(stretch.left, f"{stretch.start:#x}") for stretch in self.stretches]
        line = ""
        for left, text in marks:
            if not line or left > len(line):
                line = line.ljust(left) + text
        end = f"{self.stretches[-1].end:#x}" if self.stretches else ""
        return line + end.rjust(self.columns - len(line)) if len(line) + len(end) < self.columns else line


def _shares(lengths: list[int], space: int) -> list[int]:
    """`space` columns dealt out in proportion to lengths, one at least for each."""
    total = sum(lengths)
    shares = [max(1, space * length // total) for length in lengths]
    while sum(shares) > space and max(shares) > 1:
        shares[shares.index(max(shares))] -= 1
    if shares and sum(shares) < space:
        shares[lengths.index(max(lengths))] += space - sum(shares)
    return shares
