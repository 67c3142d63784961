"""The command line: `solve`, and `heapwright` around it (design §9).

Only typer is imported here. What a command needs, it imports when it runs, so
that `solve --help` and shell completion answer at once.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer

from api.asked import EVERY_BOARD, THIS_MACHINE, Asked
from api.exits import Exit, guarded, leave

PLATFORM_VARIABLE: Final = "HEAPWRIGHT_PLATFORM"

SOLVE_HELP: Final = """Choose heap, format, modifier, stride, size and count for every buffer of a pipeline.

Prints a plan with its reasons, or the facts that clash and the ways out.
Several files are solved together: they are live at the same time and share
every capacity. With -p all, every file is solved by itself on every board.
"""
SOLVE_EXAMPLES: Final = """\b
Examples:
  solve record.yaml -p rk3399                       one pipeline on one board
  solve decode.yaml record.yaml -p my-board.yaml    two at once, on a board of your own
  solve record.yaml -p all --markdown               every board, as a Markdown table
  solve record.yaml -p acme-one --why-not frame:system
  solve record.yaml -p acme-one --pin frame:heap=cma --pin frame:count=3
  solve record.yaml -p acme-one --json -o plan.json
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


class Backend(StrEnum):
    """Where a plan can be carried out."""

    SIMULATED = "simulated"
    LINUX = "linux"


class Document(StrEnum):
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
    from platforms.catalog import board_names

    return [name for name in (*board_names(), EVERY_BOARD) if name.startswith(incomplete)]


def _finite(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"expected a finite number, got {value}")
    return value


Files = Annotated[
    list[str],
    typer.Argument(metavar="PIPELINE", help="Pipeline files, solved together; - is standard input."),
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


def solve(
    files: Files,
    platform: PlatformOption = None,
    kernel: KernelOption = None,
    as_json: JsonOption = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="With -p all: print a Markdown table.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write there, replacing the file in one step."),
    ] = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BUFFER:WHAT=VALUE",
            help="Fix heap, format, modifier, stride or count of a buffer; may be repeated.",
        ),
    ] = None,
    why_not: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BUFFER:VALUE", help="Say why a buffer is not in this heap, format, modifier or stride."
        ),
    ] = None,
    alternatives: Annotated[
        int, typer.Option(metavar="N", min=0, max=100, help="Also print the N next best plans.")
    ] = 0,
    live: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="An earlier answer: its buffers exist and are not moved; may be repeated."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse plans that rest on facts nobody knows.")
    ] = False,
    time_limit: Annotated[
        float | None,
        typer.Option(
            metavar="S", min=0, callback=_finite, help="Stop searching after so many deterministic seconds."
        ),
    ] = None,
    gap: Annotated[
        float,
        typer.Option(
            metavar="G", min=0, max=1, callback=_finite, help="Be content with a plan this close to the best."
        ),
    ] = 0.0,
    allocate: Annotated[
        Backend | None, typer.Option(help="Carry the plan out: pretended, or on this machine.")
    ] = None,
    hold: Annotated[
        bool,
        typer.Option(
            "--hold", help="With --allocate linux: keep the buffers until Ctrl-C or the end of input."
        ),
    ] = False,
    stats: Annotated[bool, typer.Option("--stats", help="Print times and sizes on standard error.")] = False,
    version: VersionOption = False,
) -> int:
    """Command `solve`; see SOLVE_HELP."""
    asked = Asked(
        files=tuple(files),
        platform=_platform(platform),
        kernel=kernel,
        as_json=as_json,
        as_markdown=markdown,
        to=output,
        pins=tuple(pin or ()),
        why_not=_one(why_not, "--why-not"),
        alternatives=alternatives,
        live=tuple(live or ()),
        strict=strict,
        time_limit=time_limit,
        gap=gap,
        allocate=allocate.value if allocate is not None else None,
        hold=hold,
        stats=stats,
    )
    _refuse_what_does_not_fit(asked)
    if asked.platform == EVERY_BOARD:
        from api.matrix import solve_everywhere

        return solve_everywhere(asked)
    from api.solving import solve as solve_one

    return solve_one(asked)


def _one(given: list[str] | None, option: str) -> str | None:
    """The one value of an option that is not repeated.

    Raises:
        typer.BadParameter: it was.
    """
    if given is not None and len(given) > 1:
        raise typer.BadParameter("asks one question at a time", param_hint=option)
    return given[0] if given else None


def _platform(given: str | None) -> str:
    """The platform asked for, or the default.

    Raises:
        typer.BadParameter: there is neither.
    """
    name = given or os.environ.get(PLATFORM_VARIABLE)
    if name:
        return name
    from api.discovering import can_be_solved_for

    if can_be_solved_for():
        return THIS_MACHINE
    from platforms.catalog import board_names

    raise typer.BadParameter(
        f"no platform: give one, or set ${PLATFORM_VARIABLE} (this machine has no heaps); boards are {', '.join(board_names())}",
        param_hint="-p",
    )


def _refuse_what_does_not_fit(asked: Asked) -> None:
    everywhere = asked.platform == EVERY_BOARD
    one_board_only = {
        "--why-not": asked.why_not is not None,
        "--alternatives": asked.alternatives > 0,
        "--live": bool(asked.live),
        "--allocate": asked.allocate is not None,
        "--stats": asked.stats,
    }
    for option, given in one_board_only.items():
        if everywhere and given:
            raise typer.BadParameter("is about one board, not all", param_hint=option)
    if asked.hold and asked.allocate != Backend.LINUX:
        raise typer.BadParameter("goes with --allocate linux", param_hint="--hold")
    if asked.as_markdown and not everywhere:
        raise typer.BadParameter("goes with -p all", param_hint="--markdown")
    if asked.as_markdown and asked.as_json:
        raise typer.BadParameter("choose one of --markdown and --json", param_hint="--markdown")
    if asked.why_not is not None and (asked.alternatives or asked.allocate or asked.stats):
        raise typer.BadParameter(
            "asks a question of its own: no --alternatives, --allocate or --stats", param_hint="--why-not"
        )


def list_platforms(as_json: JsonOption = False) -> int:
    """The boards that come with heapwright, one a line."""
    from api.boards import list_boards

    return list_boards(as_json=as_json)


def show_platform(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", autocompletion=_boards)],
    as_json: JsonOption = False,
    kernel: KernelOption = None,
    cited: Annotated[bool, typer.Option("--sources", help="Also print where each fact was read.")] = False,
    reach: Annotated[
        bool, typer.Option("--reach", help="With --json: who reaches what and why, not the profile.")
    ] = False,
) -> int:
    """A board as the solver sees it: an address map, heaps, devices, and who reaches what."""
    from api.boards import show_board

    if reach and not as_json:
        raise typer.BadParameter("goes with --json; the drawing shows it anyway", param_hint="--reach")
    return show_board(name, as_json=as_json, kernel=kernel, cited=cited, reach=reach)


def cover_platforms(
    as_json: JsonOption = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print docs/boards/README.md, unknowns in words included.")
    ] = False,
) -> int:
    """How much is known of each board: facts, unknowns, sources."""
    from api.boards import cover_boards

    return cover_boards(as_json=as_json, as_markdown=markdown)


def check_platforms(files: Annotated[list[str], typer.Argument(metavar="FILE")]) -> int:
    """Read profiles and report everything wrong with them."""
    from api.boards import check_boards

    return check_boards(files)


def verify(
    platform: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="The profile of this machine, as `discover` writes it.")
    ],
    to: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write every cell there, as JSON.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this heap or device; may be repeated.")
    ] = None,
) -> int:
    """What a profile predicts beside what the kernel of this machine does, buffer by buffer."""
    from api.verify.command import run as compare

    return compare(platform, to, tuple(only or ()))


DISCOVER_HELP: Final = """Read the running machine into a platform profile.

Heaps (names that are one pool are one heap), CMA areas, memory, IOMMU groups,
DRM cards with their planes, formats and modifiers, V4L2 nodes with their
queues, formats, sizes and strides. Nothing is started and nothing is changed.
Each source says where a fact is from: probed (the kernel said so),
device-tree, or driver-knowledge (what is known of the driver, cited). What
nobody tells is unknown. As an ordinary user less can be read: what is missing
is said on standard error and at the head of the file.
"""
DISCOVER_EXAMPLES: Final = """\b
Examples:
  heapwright discover                          print it
  heapwright discover --dtb board.dtb --drm-info info.json --v4l2 camera.txt
                                               of another machine, from files
  heapwright discover -o my-board.yaml         keep it
  heapwright platforms check my-board.yaml     is it sound?
  solve pipeline.yaml -p my-board.yaml         what would go where
"""


def discover(
    to: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write there, replacing the file in one step."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What the profile is called.")] = THIS_MACHINE,
    as_json: JsonOption = False,
    dtb: Annotated[
        list[Path] | None,
        typer.Option("--dtb", metavar="FILE", help="A flattened device tree, not this machine."),
    ] = None,
    drm_info: Annotated[
        list[Path] | None, typer.Option("--drm-info", metavar="FILE", help="The output of drm_info -j.")
    ] = None,
    v4l2: Annotated[
        list[Path] | None,
        typer.Option(
            "--v4l2",
            metavar="FILE",
            help="The output of v4l2-ctl --all --list-formats-ext --list-formats-out-ext; may be repeated.",
        ),
    ] = None,
) -> int:
    """Read the running machine, or files about another, into a platform profile."""
    from api.discovering import Files
    from api.discovering import discover as look

    return look(
        to, name, as_json=as_json, files=Files(tuple(dtb or ()), tuple(drm_info or ()), tuple(v4l2 or ()))
    )


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 picks a free one.")] = 8000,
) -> int:
    """Answer over HTTP: POST /v1/plans; /docs describes the rest."""
    from api.serving import serve as serve_http

    return serve_http(host, port)


def schema(document: Annotated[Document | None, typer.Argument(help="Only this one.")] = None) -> int:
    """The JSON schemas of pipelines, platforms and answers."""
    from api.schemas import print_schemas

    return print_schemas(document.value if document else None)


def solve_app() -> typer.Typer:
    """The command `solve`."""
    app = _app(add_completion=True)
    app.command(help=SOLVE_HELP, epilog=SOLVE_EXAMPLES)(solve)
    return app


def heapwright_app() -> typer.Typer:
    """The umbrella command `heapwright`."""
    app = _app(
        add_completion=True,
        no_args_is_help=True,
        about="Which memory must shared DMA buffers live in, and how must they lie?",
    )
    app.command(help=SOLVE_HELP, epilog=SOLVE_EXAMPLES)(solve)
    boards = _app(no_args_is_help=True, about="The boards, and profiles of your own.")
    boards.command("list")(list_platforms)
    boards.command("show")(show_platform)
    boards.command("check")(check_platforms)
    boards.command("coverage")(cover_platforms)
    app.add_typer(boards, name="platforms")
    app.command()(verify)
    app.command(help=DISCOVER_HELP, epilog=DISCOVER_EXAMPLES)(discover)
    app.command()(serve)
    app.command()(schema)
    app.callback()(_umbrella)
    return app


def _umbrella(version: VersionOption = False) -> None:
    """Options of `heapwright` itself."""


def _app(
    *, add_completion: bool = False, no_args_is_help: bool = False, about: str | None = None
) -> typer.Typer:
    return typer.Typer(
        add_completion=add_completion,
        no_args_is_help=no_args_is_help,
        help=about,
        rich_markup_mode=None,  # help stays plain: boxes get in the way of pipes, and rich costs start-up time
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def run(app: typer.Typer, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    command = typer.main.get_command(app)
    return guarded(lambda: command.main(arguments, prog_name=name, standalone_mode=False), name)


def solve_main() -> None:
    """Entry point of the script `solve`."""
    leave(run(solve_app(), "solve"))


def heapwright_main() -> None:
    """Entry point of the script `heapwright`."""
    leave(run(heapwright_app(), "heapwright"))


__all__ = ["Exit", "heapwright_app", "heapwright_main", "run", "solve_app", "solve_main"]
