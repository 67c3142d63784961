"""`solve -p all`: every board against every pipeline, each by itself."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import heapwright
from heapwright.api.cli.commands.solve import options_of
from heapwright.api.cli.commands.warnings import warn_of_unknown_modifiers
from heapwright.api.cli.output.write import show, write, write_json
from heapwright.api.cli.process.background import interruptible
from heapwright.api.cli.process.exits import Exit, code_of, worst
from heapwright.api.cli.process.interrupts import raise_on_interrupt
from heapwright.api.cli.request import SolveRequest
from heapwright.api.documents.response import as_json
from heapwright.platforms import catalog
from heapwright.platforms.errors import Diagnostic, InputError, NotOnBoard
from heapwright.platforms.kernels import on_kernel
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Answer, Infeasible, Plan, Reason
from heapwright.solver.answer.render import Grid, layout_name, markdown, printable
from heapwright.solver.question.load import load_pipelines
from heapwright.solver.question.pins import PIN, parse_pin
from heapwright.solver.question.pipeline import Pipeline

SCHEMA: Final = "heapwright/matrix/1"
"""`{"schema": …, "answers": [answer, …]}`, boards in order, pipelines in the order given."""


def solve_everywhere(request: SolveRequest) -> Exit:
    """Answer each pipeline on each board and print the matrix."""
    pipelines = tuple(load_pipelines(request.files))
    warn_of_unknown_modifiers(pipelines, request.pins)
    raise_on_interrupt()
    answers: list[Answer] = []
    lacking = 0
    with _progress(catalog.board_names()) as boards:
        for board in boards:
            found = interruptible(lambda board=board: _on(board, pipelines, request))  # type: ignore[misc]
            answers += [answer for answer, _ in found]
            lacking += sum(lacks for _, lacks in found)
    if lacking and lacking == len(answers):
        text = f"no board has all that is named in {', '.join(request.pins)}"
        raise InputError([Diagnostic(PIN, None, (), text)])
    if request.as_json:
        write_json({"schema": SCHEMA, "answers": [as_json(answer) for answer in answers]}, request.to)
    elif request.as_markdown:
        write(markdown(grid(answers, pipelines)), request.to)
    else:
        show([grid(answers, pipelines)], request.to)
    return worst([code_of(answer) for answer in answers])


def _on(board: str, pipelines: Iterable[Pipeline], request: SolveRequest) -> list[tuple[Answer, bool]]:
    """The answers of a board, and whether each is that the board lacks what is pinned."""
    platform = catalog.load_platform(board)
    platform = platform if request.kernel is None else on_kernel(platform, request.kernel)
    options = options_of(request)
    found: list[tuple[Answer, bool]] = []
    for pipeline in pipelines:
        lacks = _lacks(platform, pipeline, request.pins)
        answer = lacks or heapwright.solve(platform, (pipeline,), pins=request.pins, options=options)
        found.append((answer, lacks is not None))
    return found


def _lacks(platform: Platform, pipeline: Pipeline, pins: tuple[str, ...]) -> Infeasible | None:
    """The answer of a board without the heap or device that a pin names; elsewhere that is bad input."""
    conflict: list[Reason] = []
    for pin in pins:
        try:
            parse_pin(pin, platform, (pipeline,))
        except NotOnBoard as error:
            buffer, source = pin.partition(":")[0], f"pipeline {pipeline.name}"
            conflict += [
                Reason(kind="pin", subject=buffer, text=problem.message, source=source)
                for problem in error.problems
            ]
    if not conflict:
        return None
    names = (pipeline.name,)
    return Infeasible(platform=platform.name, pipelines=names, pinned=pins, conflict=tuple(conflict))


def grid(answers: Iterable[Answer], pipelines: Iterable[Pipeline]) -> Grid:
    """One row per board, one column per pipeline."""
    cells: dict[str, dict[str, str]] = {}
    for answer in answers:
        cells.setdefault(answer.platform, {})[answer.pipelines[0]] = printable(cell(answer))
    names = tuple(pipeline.name for pipeline in pipelines)
    return Grid(
        ("board", *names), tuple((board, *(row[name] for name in names)) for board, row in cells.items())
    )


def cell(answer: Answer) -> str:
    """An answer in a few words: heaps and formats, or the kinds of fact that clash."""
    if isinstance(answer, Plan):
        found = dict.fromkeys(f"{p.heap} {layout_name(p)}" for p in answer.placements)
        return ", ".join(found) + ("" if answer.status == "optimal" else " (feasible)")
    if isinstance(answer, Infeasible):
        return "no: " + ", ".join(dict.fromkeys(reason.kind for reason in answer.conflict))
    return "undecided"


@contextmanager
def _progress(boards: tuple[str, ...]) -> Iterator[Iterable[str]]:
    """`boards`, with a bar on standard error if a person is watching it."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield boards
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield bar.track(boards, description="boards")
