"""The outcome of `verify` for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from heapwright.api.verify.cells import PICTURES, Cell
from heapwright.api.verify.outcome import Judged, Outcome, summary
from heapwright.api.verify.paths import value
from heapwright.api.verify.prediction import Expectation
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.render import Grid, Heading, Labelled, Notes, TextBlock

EXAMPLES = 3
SCHEMA = "heapwright/verify/1"


def blocks(platform: Platform, found: list[Judged]) -> Iterator[TextBlock]:
    """The matrix, what was asked of ports alone, and every disagreement by the fact that is wrong."""
    wrong = [each for each in found if each.outcome is Outcome.DISAGREES]
    tone = "bad" if wrong else "good"
    said = "the kernel disagrees" if wrong else "profile and kernel agree"
    yield Heading(f"{platform.name} on Linux {platform.kernel}: {said}", 1, tone)  # type: ignore[arg-type]
    yield _matrix([each for each in found if each.cell.about == "size"])
    alone = [each for each in found if each.cell.about != "size"]
    if alone:
        yield Heading("Ports by themselves")
        yield _ports(alone)
    notes = sorted({each.observation.note for each in found if each.observation.note})
    if notes:
        yield Heading("How far it went")
        yield Notes(tuple(Labelled(_seen_at(found, note), note) for note in notes))
    unpromised = [each for each in found if each.outcome is Outcome.OPEN]
    if unpromised:
        yield Heading("Not promised, so not judged")
        yield Notes(tuple(_unpromised(unpromised)))
    if wrong:
        yield Heading("Disagreements", tone="bad")
        yield Notes(tuple(_disagreements(platform, wrong)))


def _matrix(found: list[Judged]) -> Grid:
    """Ports and heaps by extent; heaps that fare alike share a row."""
    rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (port, heap), each in groupby(found, key=lambda j: (_port(j.cell), j.cell.heap)):
        rows.setdefault((port, _columns(list(each))), []).append(heap)
    header = ("port", "heaps", *(str(extent) for extent, _ in PICTURES))
    table = sorted((port, ", ".join(heaps), *cells) for (port, cells), heaps in rows.items())
    return Grid(header, tuple(table))


def _port(cell: Cell) -> str:
    return f"{cell.device}.{cell.port}"


def _columns(found: list[Judged]) -> tuple[str, ...]:
    """One word for each extent; raw data is shown in the same columns by order of size."""
    extents = [extent for extent, _ in PICTURES]
    cells = [""] * len(extents)
    for number, each in enumerate(found):
        raw = each.cell.format is None
        cells[number if raw else extents.index(each.cell.extent)] = word(each)
    return tuple(cells)


def word(each: Judged) -> str:
    """`pixels`, `EFAULT`, `luck: pixels`, `WRONG: EFAULT`."""
    seen = each.observation
    text = seen.errno_name or str(seen.grade)
    if seen.wrong_content:
        text = f"{seen.changed}/{seen.pages} pages"
    sign = {Outcome.DISAGREES: "WRONG: ", Outcome.LUCK: "luck: ", Outcome.OPEN: "open: "}
    return sign.get(each.outcome, "") + text


def _ports(found: list[Judged]) -> Grid:
    rows = []
    ordered = sorted(found, key=lambda j: (_port(j.cell), j.cell.about))
    for (port, about), group in groupby(ordered, key=lambda j: (_port(j.cell), j.cell.about)):
        cells = list(group)
        agree = [each for each in cells if each.outcome is Outcome.AGREES]
        refused = sum(each.prediction.verdict is Expectation.REFUSED for each in agree)
        wrong = sum(each.outcome is Outcome.DISAGREES for each in cells)
        rows.append((port, about, str(len(agree) - refused), str(refused), str(wrong)))
    header = ("port", "asked by", "taken", "refused", "disagree")
    return Grid(header, tuple(rows), frozenset({2, 3, 4}))


def _seen_at(found: Iterable[Judged], note: str) -> str:
    ports = {_port(each.cell) for each in found if each.observation.note == note}
    return ", ".join(sorted(ports)[:EXAMPLES]) + (" …" if len(ports) > EXAMPLES else "")


def _unpromised(found: list[Judged]) -> Iterator[Labelled]:
    def why(each: Judged) -> str:
        facts = each.prediction.facts
        return facts[0].kind if facts else (each.blamed[0] if each.blamed else "")

    for kind, group in groupby(sorted(found, key=why), key=why):
        cells = list(group)
        taken = sum(not each.observation.refused for each in cells)
        text = f"{len(cells)} cells, of which the kernel took {taken}; such as {cells[0].cell.title}"
        reason = cells[0].prediction.facts
        yield Labelled(kind, f"{text}: {reason[0].text}" if reason else text)


def _disagreements(platform: Platform, found: list[Judged]) -> Iterator[Labelled]:
    def fact(each: Judged) -> str:
        return each.blamed[0] if each.blamed else "?"

    for path, group in groupby(sorted(found, key=fact), key=fact):
        cells = list(group)
        others = sorted({other for each in cells for other in each.blamed[1:]})
        now = value(platform, path)
        shown = f"now {now}" if isinstance(now, str | int | bool) else "as stated"
        text = f"{shown}; {len(cells)} cells say otherwise"
        yield Labelled(path, text + (f" (or else {', '.join(others)})" if others else ""))
        for each in cells[:EXAMPLES]:
            source = each.prediction.facts[0].source if each.prediction.facts else ""
            yield Labelled(path, sentence(each), source)


def sentence(each: Judged) -> str:
    """One disagreement: both grades, the errno, the kernel's words."""
    prediction, seen = each.prediction, each.observation
    foreseen = "works"
    if prediction.verdict is not Expectation.WORKS:
        kinds = ", ".join(fact.kind for fact in prediction.facts)
        foreseen = f"{prediction.verdict} with {' or '.join(prediction.errnos)} ({kinds})"
    got = f"{seen.grade}"
    if seen.refused:
        got += f", then {seen.call}" + (f": {seen.errno_name}" if seen.errno is not None else "")
    if seen.pages:
        got += f", {seen.changed} of {seen.pages} pages right"
    words = f"; the kernel: {'; '.join(seen.words)}" if seen.words else ""
    return f"{each.cell.title}, {each.cell.picture}: predicted {foreseen}; seen {got}{words}"


def as_json(platform: Platform, found: list[Judged]) -> dict[str, Any]:
    """Everything, cell by cell."""
    return {
        "schema": SCHEMA,
        "platform": platform.name,
        "kernel": platform.kernel,
        "summary": summary(found)._asdict(),
        "cells": [_cell(each) for each in found],
    }


def _cell(each: Judged) -> dict[str, Any]:
    cell, prediction, seen = each.cell, each.prediction, each.observation
    return {
        "heap": cell.heap,
        "device": cell.device,
        "port": cell.port,
        "about": cell.about,
        "format": cell.format,
        "extent": str(cell.extent) if cell.format is not None else None,
        "stride": prediction.planes[0].stride if prediction.planes else 0,
        "size": prediction.size,
        "outcome": str(each.outcome),
        "predicted": {
            "verdict": str(prediction.verdict),
            "errnos": list(prediction.errnos),
            "facts": [{"kind": f.kind, "subject": f.subject, "text": f.text} for f in prediction.facts],
        },
        "seen": {
            "grade": str(seen.grade),
            "call": seen.call,
            "errno": seen.errno_name,
            "words": list(seen.words),
            "pages": [seen.changed, seen.pages],
            "note": seen.note,
        },
        "blamed": list(each.blamed),
    }
