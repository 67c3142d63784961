"""The options of the command line, as typer reads them: one name for each, whichever commands take it."""

from __future__ import annotations

import math
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from heapwright.api.cli.request import EVERY_BOARD

PLATFORM_VARIABLE: Final = "HEAPWRIGHT_PLATFORM"


class BackendName(StrEnum):
    """Where a plan can be carried out."""

    SIMULATED = "simulated"
    LINUX = "linux"


class SchemaName(StrEnum):
    """The documents that have a JSON schema."""

    PIPELINE = "pipeline"
    PLATFORM = "platform"
    ANSWER = "answer"


def _version(wanted: bool) -> None:
    if wanted:
        try:
            number = metadata.version("heapwright")
        except metadata.PackageNotFoundError:
            number = "(not installed)"
        typer.echo(f"heapwright {number}")
        raise typer.Exit


def _boards(incomplete: str) -> list[str]:
    """Board names for shell completion."""
    from heapwright.platforms.catalog import board_names

    return [name for name in (*board_names(), EVERY_BOARD) if name.startswith(incomplete)]


def _examples(incomplete: str) -> list[str]:
    """Names of examples for shell completion."""
    from heapwright.api.cli.examples import example_names

    return [name for name in example_names() if name.startswith(incomplete)]


def _finite(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"expected a finite number, got {value}")
    return value


PipelineFiles = Annotated[
    list[str] | None,
    typer.Argument(metavar="PIPELINE", help="Pipeline files, solved together; - is standard input."),
]
ExampleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--example",
        metavar="NAME",
        help="A pipeline that comes with heapwright, beside or instead of files; may be repeated.",
        autocompletion=_examples,
    ),
]
PlatformOption = Annotated[
    str | None,
    typer.Option(
        "-p",
        "--platform",
        metavar="NAME|FILE|all",
        help=f"The board: a name, a profile, or all of ours. Default: ${PLATFORM_VARIABLE}, else this machine.",
        autocompletion=_boards,
    ),
]
KernelOption = Annotated[
    str | None,
    typer.Option(
        "--kernel",
        metavar="VERSION",
        help="Judge the board as on this kernel. Default: the one its profile states.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
VersionOption = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="With -p all: print a Markdown table.")]
OutputOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write there, replacing the file in one step."),
]
PinOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="BUFFER:WHAT=VALUE",
        help="Fix heap, format, modifier, stride or count of a buffer; may be repeated.",
    ),
]
WhyNotOption = Annotated[
    str | None,
    typer.Option(
        metavar="BUFFER:VALUE", help="Say why a buffer is not in this heap, format, modifier or stride."
    ),
]
AlternativesOption = Annotated[
    int, typer.Option(metavar="N", min=0, max=100, help="Also print the N next best plans.")
]
LiveOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE", help="An earlier answer: its buffers exist and are not moved; may be repeated."
    ),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Refuse plans that rest on facts nobody knows.")]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(
        metavar="S",
        min=0,
        callback=_finite,
        help="Answer within so many seconds, with what is known by then. Default: 30, unless work is limited.",
    ),
]
WorkLimitOption = Annotated[
    float | None,
    typer.Option(
        metavar="W",
        min=0,
        callback=_finite,
        help="Stop searching after so much deterministic work (about seconds): the same answer every time.",
    ),
]
GapOption = Annotated[
    float,
    typer.Option(
        metavar="G", min=0, max=1, callback=_finite, help="Be content with a plan this close to the best."
    ),
]
EngineOption = Annotated[
    Literal["all", "cpsat"],
    typer.Option(help="Whom to ask: all engines in order, or CP-SAT alone, as a reference."),
]
AllocateOption = Annotated[
    BackendName | None, typer.Option(help="Carry the plan out: pretended, or on this machine.")
]
HoldOption = Annotated[
    bool,
    typer.Option("--hold", help="With --allocate linux: keep the buffers until Ctrl-C or the end of input."),
]
StatsOption = Annotated[bool, typer.Option("--stats", help="Print times and sizes on standard error.")]
NameOption = Annotated[str, typer.Option("--name", help="What the profile is called.")]
DtbOption = Annotated[
    list[Path] | None,
    typer.Option("--dtb", metavar="FILE", help="A flattened device tree, not this machine."),
]
DrmInfoOption = Annotated[
    list[Path] | None, typer.Option("--drm-info", metavar="FILE", help="The output of drm_info -j.")
]
V4l2Option = Annotated[
    list[Path] | None,
    typer.Option(
        "--v4l2",
        metavar="FILE",
        help="The output of v4l2-ctl --all --list-formats-ext --list-formats-out-ext; may be repeated.",
    ),
]
VerifiedArgument = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="The profile of this machine, as `discover` writes it.")
]
CellsOption = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Also write every cell there, as JSON.")
]
OnlyOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only this heap or device; may be repeated.")
]
BoardArgument = Annotated[str, typer.Argument(metavar="NAME|FILE", autocompletion=_boards)]
SourcesOption = Annotated[bool, typer.Option("--sources", help="Also print where each fact was read.")]
ReachOption = Annotated[
    bool, typer.Option("--reach", help="With --json: who reaches what and why, not the profile.")
]
PageOption = Annotated[
    bool, typer.Option("--markdown", help="Print docs/boards/README.md, unknowns in words included.")
]
HostOption = Annotated[str, typer.Option(help="The address to listen on.")]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 picks a free one.")]
