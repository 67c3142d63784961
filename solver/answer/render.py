"""Answers as text that a person reads: a table, then why, then what was rejected.

An answer becomes a sequence of blocks (headings, grids, labelled sentences);
`plain` lays them out for pipes and files, and the command line draws the same
blocks in colour on a terminal. All prose comes from the answer itself: this
module orders it and adds the words in between.

Profiles are other people's text. Everything printed goes through `printable`,
so a source with escape sequences in it cannot talk to the terminal.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from heapwright.platforms.values import in_units
from heapwright.solver.answer.plan import (
    Answer,
    Infeasible,
    Level,
    Placement,
    Plan,
    Rejected,
    Undecided,
)

Tone = Literal["plain", "good", "bad"]


class Heading(NamedTuple):
    """A line that opens a section; `level` 1 opens an answer."""

    text: str
    level: int = 2
    tone: Tone = "plain"


class Grid(NamedTuple):
    """A table; columns in `numbers` are aligned to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


class Labelled(NamedTuple):
    """A label and a sentence, with the source it was read from."""

    label: str
    text: str
    source: str = ""


class Notes(NamedTuple):
    """Labelled sentences that belong together."""

    rows: tuple[Labelled, ...]


TextBlock = Heading | Grid | Notes

_SPACE = re.compile(r"\s+")
SHOWN: Final = 12
"""Facts of a conflict that may be far from the fewest."""
_VERB: Final = {"read": "reads", "write": "writes"}
_UNITS: Final = {
    "conversion-bytes": "bytes/s",
    "bytes": "bytes",
    "load": "ppm",
    "fine-load": "ppm",
}
"""Of cost terms that are no plain numbers."""


def text(answer: Answer) -> str:
    """`answer` as plain text."""
    return plain(blocks(answer))


def blocks(answer: Answer) -> tuple[TextBlock, ...]:
    """`answer` as blocks, in reading order."""
    if isinstance(answer, Plan):
        return tuple(_plan(answer))
    if isinstance(answer, Infeasible):
        return tuple(_infeasible(answer))
    return tuple(_undecided(answer))


def why_not(question: str, answer: Answer, best: Answer | None = None) -> tuple[TextBlock, ...]:
    """The answer to "why not `question`?"; `best` is the plan without it."""
    if not isinstance(answer, Plan):
        found = blocks(_unpinned(answer))
        title = (
            f"{printable(question)} cannot be"
            if isinstance(answer, Infeasible)
            else f"{printable(question)}: undecided"
        )
        return (Heading(f"{_question(answer)}: {title}", 1, "bad"), *found[1:])
    worse = comparison(best, answer) if isinstance(best, Plan) else ""
    said = f"possible, but {worse}" if worse else "possible, at the same cost"
    return (
        Heading(f"{_question(answer)}: {printable(question)} is {said}", 1, "good"),
        overview(answer),
        Heading("Cost"),
        costs(answer.levels),
    )


def _unpinned(answer: Answer) -> Answer:
    """The same, for where the title says already what was pinned."""
    return answer.model_copy(update={"pinned": ()}) if isinstance(answer, Infeasible) else answer


def alternative(number: int, best: Plan, other: Plan) -> tuple[TextBlock, ...]:
    """A further plan, told by how it differs from the best one."""
    worse = comparison(best, other) or "equal in cost"
    return (Heading(f"Alternative {number}: {worse}"), overview(other))


def comparison(best: Plan, other: Plan) -> str:
    """The first term in which two plans differ, as `traffic 12 more (8 instead of 4)`."""
    for one, two in zip(best.levels, other.levels, strict=False):
        if one.term == two.term and one.value != two.value:
            word = "more" if two.value > one.value else "less"
            by = measured(one.term, abs(two.value - one.value))
            return f"{word} {one.term} by {by} ({two.value} instead of {one.value})"
    return ""


def overview(plan: Plan) -> Grid:
    """One row per buffer: the whole plan at a glance."""
    several = len(plan.pipelines) > 1
    header = ("pipeline", "buffer", "heap", "format", "image", "stride", "bytes", "count", "takes")
    rows = ((p.pipeline, *_row(p))[not several :] for p in plan.placements)
    return Grid(header[not several :], _cleaned(rows), frozenset({5 + several, 6 + several}))


def flow(plan: Plan) -> Grid:
    """Where content goes, one placement a row: who brings it, what it lies as, who takes it on."""
    made = {(step.pipeline, step.writes): step for step in plan.conversions}
    rows = []
    for placement in plan.placements:
        step = made.get((placement.pipeline, placement.buffer))
        onward = {s.writes: s for s in plan.conversions if s.reads == placement.buffer}
        ports = {"read": Counter[str](), "write": Counter[str]()}
        for attached in placement.attachments:
            ports[attached.access][f"{attached.device}.{attached.port}"] += 1
        ports["read"] -= Counter(f"{s.device}.{s.from_}" for s in onward.values())
        writers = [f"{step.reads} by {step.device}"] if step else list(ports["write"])
        readers = [*ports["read"], *(f"{s.device} to {name}" for name, s in onward.items())]
        lies = f"{placement.buffer} ({layout_name(placement)} in {placement.heap})"
        rows.append((", ".join(writers), "──▶", lies, "──▶" if readers else "", ", ".join(readers)))
    return Grid(("from", "", "placement", "", "to"), _cleaned(tuple(rows)))


def costs(levels: Sequence[Level]) -> Grid:
    """The terms of the objective; bounds are shown only where one is open."""
    open_ = any(level.gap for level in levels)
    header = ("term", "value", "", "bound", "gap") if open_ else ("term", "value", "")
    rows = []
    for level in levels:
        rounded = _rounded(level.term, level.value) or _UNITS.get(level.term, "")
        row = (level.term, str(level.value), rounded + _parts(level))
        rows.append((*row, str(level.bound), f"{level.gap:.2%}") if open_ else row)
    return Grid(header, _cleaned(rows), frozenset({1, 3, 4}))


def _parts(level: Level) -> str:
    """Of what a level is made."""
    if level.parts is None or level.value == 0:
        return ""
    shown = (f"{name.replace('_', ' ')} {part / 10_000:.2f} %" for name, part in level.parts)
    return f": {', '.join(shown)}"


def measured(term: str, value: int) -> str:
    """A value of a cost term with its unit, and in round numbers where it is large."""
    unit, rounded = _UNITS.get(term, ""), _rounded(term, value)
    return f"{value} {unit}".rstrip() + (f" ({rounded})" if rounded else "")


def _rounded(term: str, value: int) -> str:
    unit = _UNITS.get(term, "")
    if unit.startswith("bytes") and value >= 1 << 20:
        return f"{value / (1 << 20):.1f} MiB{unit.removeprefix('bytes')}"
    return f"{value / 10_000:.2f} %" if unit == "ppm" and value else ""


def _question(answer: Answer) -> str:
    return f"{', '.join(answer.pipelines)} on {answer.platform}"


def _plan(plan: Plan) -> Iterator[TextBlock]:
    said = "optimal plan"
    if plan.status == "feasible":
        said = "; ".join([f"feasible plan{_ended(plan)}", *map(_bounded, _first_open(plan))])
    yield Heading(f"{_question(plan)}: {said}", 1, "good")
    yield overview(plan)
    for placement in plan.placements:
        title = f"{placement.pipeline}: {placement.buffer}" if len(plan.pipelines) > 1 else placement.buffer
        yield Heading(title)
        yield Notes(tuple(_details(placement)))
    yield from _section("Conversions", (Labelled(step.writes, step.text) for step in plan.conversions))
    if plan.conversions:
        yield Heading("Flow")
        yield flow(plan)
    yield from _section("Dropped wishes", (Labelled(wish.buffer, wish.text) for wish in plan.dropped))
    yield from _section("Warnings", (Labelled("", warning) for warning in plan.warnings))
    yield from _unknown(plan)
    said = "Assumed, because the profile does not state it"
    yield from _section(said, (Labelled(fact.subject, fact.text, fact.source) for fact in plan.assumed))
    if plan.levels:
        yield Heading("Cost")
        yield costs(plan.levels)


def _ended(answer: Answer) -> str:
    """Which limit ended it, in brackets."""
    names = {"wall": "time limit", "work": "limit of work", "memory": "limit of memory"}
    by = names.get(answer.limited_by or "", "")
    return f" (the {by} was reached)" if by else ""


def so_far(plan: Plan | None) -> str:
    """What is known while better plans are looked for, on one line."""
    if plan is None:
        return "looking for a plan"
    return "; ".join(["a plan was found", *map(_bounded, _first_open(plan))])


def _first_open(plan: Plan) -> list[Level]:
    return [level for level in plan.levels if level.bound < level.value][:1]


def _bounded(level: Level) -> str:
    """What a level is, and what it is at least, in its own unit."""
    value, bound = (_rounded(level.term, n) or measured(level.term, n) for n in (level.value, level.bound))
    if value == bound:
        value, bound = measured(level.term, level.value), measured(level.term, level.bound)
    return f"{level.term} is {value}" + (f", and no plan has less than {bound}" if level.bound else "")


def _infeasible(answer: Infeasible) -> Iterator[TextBlock]:
    yield Heading(f"{_question(answer)}: infeasible", 1, "bad")
    title = (
        "This fact rules out every plan" if len(answer.conflict) == 1 else "These facts cannot hold together"
    )
    if not answer.irreducible:
        title = f"Among these facts are some that cannot hold together{_ended(answer)}"
    if answer.pinned:
        title = f"With {', '.join(answer.pinned)} pinned, {title[0].lower()}{title[1:]}"
    facts = [Labelled(r.kind, r.text, r.source) for r in answer.conflict]
    shown = len(facts) if answer.irreducible else SHOWN
    more = [Labelled("", f"and {len(facts) - shown} more")] if len(facts) > shown else []
    yield from _section(title, [*facts[:shown], *more])
    ways = sorted(answer.remedies, key=lambda remedy: remedy.rank)
    yield from _section("Ways out, cheapest first", (Labelled(str(n), w.text) for n, w in enumerate(ways, 1)))
    if answer.untried:
        yield Heading(f"Not tried, for want of time: {', '.join(answer.untried)}")
    elif not ways:
        yield Heading("No single change was found that makes a plan")
    yield from _unknown(answer)


def _undecided(answer: Undecided) -> Iterator[TextBlock]:
    yield Heading(f"{_question(answer)}: undecided", 1, "bad")
    yield Notes((_clean(Labelled("", answer.text)),))
    yield from _unknown(answer)


def _unknown(answer: Answer) -> Iterator[TextBlock]:
    rows = (Labelled(f"{fact.subject} {fact.field}", fact.text) for fact in answer.unknown_facts)
    return _section("Not promised, because the profile does not know", rows)


def _section(title: str, rows: Iterable[Labelled]) -> Iterator[TextBlock]:
    found = tuple(_clean(row) for row in rows)
    if found:
        yield Heading(title)
        yield Notes(found)


def _row(placement: Placement) -> tuple[str, ...]:
    image = f"{placement.width}x{placement.height}" if placement.format else ""
    strides = (str(plane.stride) for plane in placement.planes if placement.format)
    total = in_units(placement.count * placement.allocated)
    return (
        placement.buffer,
        placement.heap,
        layout_name(placement),
        image,
        ", ".join(strides),
        str(placement.size),
        str(placement.count),
        f"{placement.count} × {in_units(placement.allocated)} = {total}" if placement.count > 1 else total,
    )


def layout_name(placement: Placement) -> str:
    """`NV12`, `NV12 MTK_16L_32S_TILE`, or `raw`: LINEAR goes without saying."""
    if placement.format is None:
        return "raw"
    modifier = placement.modifier if placement.modifier not in (None, "LINEAR") else None
    return " ".join(part for part in (placement.format, modifier, placement.colour) if part)


def _details(placement: Placement) -> Iterator[Labelled]:
    touching = (f"{a.device}.{a.port} ({_VERB[a.access]})" for a in placement.attachments)
    rows = [Labelled("touched by", ", ".join(touching))]
    if placement.names:
        rows.append(Labelled("allocate as", ", else ".join(placement.names)))
    coded = (placement.coded_width, placement.coded_height)
    if placement.format and coded != (placement.width, placement.height):
        rows.append(Labelled("coded size", f"{coded[0]}x{coded[1]}"))
    rows += _planes(placement)
    rows += [Labelled(why.decides or why.kind, why.text, why.source) for why in placement.reasons]
    rows += [row for rejected in placement.rejected for row in _rejected(rejected)]
    return map(_clean, rows)


def _planes(placement: Placement) -> list[Labelled]:
    """Where each plane lies; a single plane at 0 says nothing the table does not."""
    if len(placement.planes) < 2 and not any(plane.offset for plane in placement.planes):
        return []
    apart = len({plane.dmabuf for plane in placement.planes}) > 1
    where = [
        f"{plane.offset} in dma-buf {plane.dmabuf}" if apart else plane.offset for plane in placement.planes
    ]
    return [
        Labelled(f"plane {number}", f"offset {offset}, stride {plane.stride}, {plane.size} bytes")
        for number, (offset, plane) in enumerate(zip(where, placement.planes, strict=True))
    ]


def _rejected(rejected: Rejected) -> list[Labelled]:
    label = f"not {rejected.heap}"
    reasons = [Labelled(label, reason.text, reason.source) for reason in rejected.reasons]
    return reasons or [Labelled(label, "costs more")]


def plain(found: Iterable[TextBlock]) -> str:
    """Blocks as plain text: no colour, no boxes, no line wrapped."""
    lines: list[str] = []
    for block in found:
        if isinstance(block, Heading):
            lines += ["", printable(block.text)] if lines and lines[-1] else [printable(block.text)]
            if block.level == 1:
                lines.append("")
        elif isinstance(block, Grid):
            lines += _aligned(block)
        else:
            lines += _listed(block)
    return "\n".join(lines) + "\n"


def _aligned(grid: Grid) -> list[str]:
    if not grid.rows:
        return []
    every = (grid.header, *grid.rows) if any(grid.header) else grid.rows
    widths = [max(len(cell) for cell in column) for column in zip(*every, strict=True)]
    lines = []
    for row in every:
        cells = (
            cell.rjust(width) if number in grid.numbers else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return lines


def _listed(notes: Notes) -> list[str]:
    width = max(len(row.label) for row in notes.rows)
    gap = "  " if width else ""
    lines = []
    shown = None
    for row in notes.rows:
        label = "" if row.label == shown else row.label
        shown = row.label
        lines.append(f"  {label.ljust(width)}{gap}{row.text}".rstrip())
        if row.source:
            lines.append(f"  {' ' * width}{gap}[{row.source}]")
    return lines


def markdown(grid: Grid) -> str:
    """A grid as a Markdown table."""
    rule = ["---:" if number in grid.numbers else "---" for number in range(len(grid.header))]
    rows = [grid.header, rule, *grid.rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows)


def printable(said: str) -> str:
    """`said` on one line, with nothing in it that steers a terminal."""
    return "".join(c if c.isprintable() else "?" for c in _SPACE.sub(" ", said))


def _clean(row: Labelled) -> Labelled:
    return Labelled(printable(row.label), printable(row.text), printable(row.source))


def _cleaned(rows: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(printable(cell) for cell in row) for row in rows)
