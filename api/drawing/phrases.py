"""Small phrases that every part of the drawing uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from heapwright.platforms.schema import Bandwidth
from heapwright.platforms.values import Span, in_units
from heapwright.solver.answer.render import Labelled, Notes, TextBlock, printable


def sized(size: Span | int | str | None) -> str:
    """A size as a person writes it: `64 MiB`, `4 GiB to 32 GiB`, `unknown`."""
    if isinstance(size, Span):
        return f"{in_units(size.low)} to {in_units(size.high)}"
    return in_units(size) if isinstance(size, int) else str(size)


def a_second(bandwidth: Bandwidth | int | str) -> str:
    """A bandwidth as makers state it: `12.8 GB/s`."""
    peak = bandwidth.peak if isinstance(bandwidth, Bandwidth) else bandwidth
    if not isinstance(peak, int):
        return f"{peak} bytes/s"
    unit, of = ("GB", 10**9) if peak >= 10**9 else ("MB", 10**6)
    return f"{peak / of:.4g} {unit}/s"


def several(names: Iterable[str] | str) -> str:
    """Names in a row; a single word such as `unknown` stands for itself."""
    return names if isinstance(names, str) else ", ".join(names)


def first_few(names: Sequence[str], number: int = 6) -> str:
    """The first names, and how many more there are."""
    if len(names) <= number + 1:
        return ", ".join(names)
    return f"{', '.join(names[:number])} and {len(names) - number} more"


def sentence(parts: Iterable[str]) -> str:
    """Clauses joined by semicolons; empty ones are left out."""
    return "; ".join(part for part in parts if part)


def listed(rows: Iterable[Labelled], width: int) -> Iterator[Notes]:
    """Labelled sentences whose lines end within `width`."""
    found = tuple(Labelled(*map(printable, row)) for row in rows)
    if not found:
        return
    space = max(width - 4 - max(len(row.label) for row in found), 24)
    lines = []
    for row in found:
        said = _lines(row.text, space) or [""]
        lines += [Labelled(row.label, line) for line in said[:-1]]
        lines.append(Labelled(row.label, said[-1]))
        if row.source:
            lines += [Labelled(row.label, line) for line in _lines(f"[{row.source}]", space)]
    yield Notes(tuple(lines))


def _lines(text: str, space: int) -> list[str]:
    """`text` in lines; a word that fits in none, such as the name of a modifier, may end after its commas."""
    words = (word if len(word) <= space else word.replace(",", ", ") for word in text.split(" "))
    return wrap(" ".join(words), space, break_long_words=False, break_on_hyphens=False)


Blocks = Iterator[TextBlock]
