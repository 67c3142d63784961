"""The matrix of who reaches what, as a table with letters for the kinds that forbid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from string import ascii_lowercase
from typing import Final

from heapwright.api.drawing.phrases import Blocks, listed
from heapwright.api.drawing.reach import PortVerdict, verdicts
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.render import Grid, Heading, Labelled, printable
from heapwright.solver.constraints import GISTS

MOVES: Final = "moves"


def matrix(platform: Platform, width: int) -> Blocks:
    """Ports (or whole devices, where all their ports agree) against heaps."""
    found = tuple(verdicts(platform))
    if not found:
        return
    letters = _letters(found)
    yield Heading("Who reaches what")
    heaps = tuple(dict.fromkeys(verdict.heap for verdict in found))
    rows = tuple(_rows(found, letters))
    first = max(len(row[0]) for row in rows)
    for columns in _columns(heaps, max(width - first, 24)):
        table = tuple((row[0], *(row[1 + column] for column in columns)) for row in rows)
        yield Grid(
            ("", *(heaps[column] for column in columns)), tuple(tuple(map(printable, row)) for row in table)
        )
    yield from listed(_legend(found, letters), width)


def _letters(found: Iterable[PortVerdict]) -> dict[str, str]:
    """Letters for the kinds that occur, in the order of the catalogue."""
    occurring = {verdict.kind for verdict in found if verdict.kind}
    return dict(zip((name for name in GISTS if name in occurring), ascii_lowercase, strict=False))


def _rows(found: Sequence[PortVerdict], letters: dict[str, str]) -> Iterable[tuple[str, ...]]:
    for device, of_device in groupby(found, key=lambda verdict: verdict.device):
        ports = {
            port: tuple(_cell(verdict, letters) for verdict in of_port)
            for port, of_port in groupby(of_device, key=lambda verdict: verdict.port)
        }
        if len(set(ports.values())) == 1:
            yield (device, *next(iter(ports.values())))
        else:
            yield from ((f"{device}.{port}", *cells) for port, cells in ports.items())


def _cell(verdict: PortVerdict, letters: dict[str, str]) -> str:
    if verdict.state == "yes":
        return MOVES if verdict.moves_to else "yes"
    return f"{'no' if verdict.state == 'no' else '?'} {letters[verdict.kind]}"


def _columns(heaps: Sequence[str], space: int) -> Iterable[Sequence[int]]:
    """Heaps as columns, as many side by side as there is space for."""
    row: list[int] = []
    used = 0
    for column, heap in enumerate(heaps):
        width = max(len(heap), len(MOVES)) + 2
        if row and used + width > space:
            yield row
            row, used = [], 0
        row.append(column)
        used += width
    yield row


def _gist(name: str) -> str:
    """What a kind is about, as the rest of a sentence."""
    gist = GISTS[name]
    return gist if gist[1:2].isupper() else gist[:1].lower() + gist[1:]


def _legend(found: Sequence[PortVerdict], letters: dict[str, str]) -> Iterable[Labelled]:
    for name, letter in letters.items():
        yield Labelled(letter, f"{name}: {_gist(name)}")
    if any(verdict.state == "yes" and verdict.moves_to for verdict in found):
        homes = dict.fromkeys(
            f"{verdict.heap} to {verdict.moves_to}" for verdict in found if verdict.moves_to
        )
        yield Labelled(MOVES, f"attaching makes the buffer move: {', '.join(homes)}")
    if any(verdict.state == "unknown" for verdict in found):
        yield Labelled("?", "hangs on something nobody knows; the letter says what would decide")
