"""The blocks of an answer drawn on a terminal: colour, alignment, wrapped sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from heapwright.solver.answer.render import Grid, Heading, Notes, TextBlock

_TONES: Final = {"plain": "bold", "good": "bold green", "bad": "bold red"}


def draw(blocks: Iterable[TextBlock], console: Console | None = None) -> None:
    """Print `blocks` on a terminal."""
    console = console or Console(highlight=False)
    for number, block in enumerate(blocks):
        if number and isinstance(block, Heading):
            console.print()
        console.print(_drawn(block))


def _drawn(block: TextBlock) -> RenderableType:
    if isinstance(block, Heading):
        return Text(block.text, style=_TONES[block.tone])
    return _table(block) if isinstance(block, Grid) else _notes(block)


def _table(grid: Grid) -> Table:
    table = Table(
        box=None, pad_edge=False, header_style="dim", show_header=any(grid.header), padding=(0, 2, 0, 0)
    )
    for number, title in enumerate(grid.header):
        right = number in grid.numbers
        table.add_column(
            Text(title),
            justify="right" if right else "left",
            style="bold" if number == 0 else "",
            overflow="fold",
        )
    for row in grid.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _notes(notes: Notes) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(overflow="fold")
    shown = None
    for row in notes.rows:
        said = Text(row.text)
        if row.source:
            said.append(f"\n[{row.source}]", style="dim")
        table.add_row(Text("" if row.label == shown else f"  {row.label}"), said)
        shown = row.label
    return table
