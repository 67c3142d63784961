"""The command `solve`: its options, and which of them go together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import typer

from heapwright.api.cli.options import (
    PLATFORM_VARIABLE,
    AllocateOption,
    AlternativesOption,
    BackendName,
    EngineOption,
    ExampleOption,
    GapOption,
    HoldOption,
    JsonOption,
    KernelOption,
    LiveOption,
    MarkdownOption,
    OutputOption,
    PinOption,
    PipelineFiles,
    PlatformOption,
    StatsOption,
    StrictOption,
    TimeLimitOption,
    VersionOption,
    WhyNotOption,
    WorkLimitOption,
)
from heapwright.api.cli.request import EVERY_BOARD, THIS_MACHINE, SolveRequest

SOLVE_HELP: Final = """Choose heap, format, modifier, stride, size and count for every buffer of a pipeline.

Prints a plan with its reasons, or the facts that clash and the ways out.
Several files are solved together: they are live at the same time and share
every capacity. With -p all, every file is solved by itself on every board.
"""
SOLVE_EXAMPLES: Final = """\b
Examples:
  solve --example record-and-preview -p rk3588      one of the pipelines that come with heapwright
  solve record.yaml -p rk3399                       one pipeline on one board
  solve decode.yaml record.yaml -p my-board.yaml    two at once, on a board of your own
  solve record.yaml -p all --markdown               every board, as a Markdown table
  solve record.yaml -p acme-one --why-not frame:system
  solve record.yaml -p acme-one --pin frame:heap=cma --pin frame:count=3
  solve record.yaml -p acme-one --json -o plan.json
  solve wall.yaml -p acme-one --time-limit 3        the best plan of three seconds
  solve more.yaml -p acme-one --live plan.json      what plan.json holds is taken
  generate | solve - -p acme-one --allocate simulated
  solve record.yaml -p this.yaml --allocate linux --hold   real buffers, until Ctrl-C

\b
Exit status:
  0    a plan                     3    undecided: a limit was reached first
  1    infeasible (-p all: on     4    the allocation failed
       any board)                 130  interrupted
  2    bad input
"""


def solve(
    files: PipelineFiles = None,
    platform: PlatformOption = None,
    example: ExampleOption = None,
    kernel: KernelOption = None,
    as_json: JsonOption = False,
    markdown: MarkdownOption = False,
    output: OutputOption = None,
    pin: PinOption = None,
    why_not: WhyNotOption = None,
    alternatives: AlternativesOption = 0,
    live: LiveOption = None,
    strict: StrictOption = False,
    time_limit: TimeLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = 0.0,
    engine: EngineOption = "all",
    allocate: AllocateOption = None,
    hold: HoldOption = False,
    stats: StatsOption = False,
    version: VersionOption = False,
) -> int:
    """Command `solve`; see SOLVE_HELP."""
    request = SolveRequest(
        files=_files(files or (), example or ()),
        platform=_platform(platform),
        kernel=kernel,
        as_json=as_json,
        as_markdown=markdown,
        to=output,
        pins=tuple(pin or ()),
        why_not=why_not,
        alternatives=alternatives,
        live=tuple(live or ()),
        strict=strict,
        time_limit=time_limit,
        work_limit=work_limit,
        gap=gap,
        engine=engine,
        allocate=allocate.value if allocate is not None else None,
        hold=hold,
        stats=stats,
    )
    _refuse_what_does_not_fit(request)
    if request.platform == EVERY_BOARD:
        from heapwright.api.cli.commands.every_board import solve_everywhere

        return solve_everywhere(request)
    from heapwright.api.cli.commands.solve import solve as solve_one

    return solve_one(request)


def _files(files: Sequence[str], examples: Sequence[str]) -> tuple[str, ...]:
    """The pipelines asked about.

    Raises:
        typer.BadParameter: there are none.
    """
    if not files and not examples:
        raise typer.BadParameter(
            "give a pipeline file, - for standard input, or --example NAME", param_hint="PIPELINE"
        )
    from heapwright.api.cli.examples import example_files

    return (*files, *example_files(examples))


def _platform(given: str | None) -> str:
    """The platform asked for, or the default.

    Raises:
        typer.BadParameter: there is neither.
    """
    name = given or os.environ.get(PLATFORM_VARIABLE)
    if name:
        return name
    from heapwright.api.cli.commands.discover import can_be_solved_for

    if can_be_solved_for():
        return THIS_MACHINE
    from heapwright.platforms.catalog import board_names

    raise typer.BadParameter(
        f"no platform: give one, or set ${PLATFORM_VARIABLE} (this machine has no heaps); boards are {', '.join(board_names())}",
        param_hint="-p",
    )


def _refuse_what_does_not_fit(request: SolveRequest) -> None:
    everywhere = request.platform == EVERY_BOARD
    one_board_only = {
        "--why-not": request.why_not is not None,
        "--alternatives": request.alternatives > 0,
        "--live": bool(request.live),
        "--allocate": request.allocate is not None,
        "--stats": request.stats,
    }
    for option, given in one_board_only.items():
        if everywhere and given:
            raise typer.BadParameter("is about one board, not all", param_hint=option)
    if request.hold and request.allocate != BackendName.LINUX:
        raise typer.BadParameter("goes with --allocate linux", param_hint="--hold")
    if request.as_markdown and not everywhere:
        raise typer.BadParameter("goes with -p all", param_hint="--markdown")
    if request.as_markdown and request.as_json:
        raise typer.BadParameter("choose one of --markdown and --json", param_hint="--markdown")
    if request.why_not is not None and (request.alternatives or request.allocate or request.stats):
        raise typer.BadParameter(
            "asks a question of its own: no --alternatives, --allocate or --stats", param_hint="--why-not"
        )
