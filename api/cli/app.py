"""The command line: `solve`, and `heapwright` around it (design §9).

Only typer is imported here. What a command needs, it imports when it runs, so
that `solve --help` and shell completion answer at once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

import typer

from heapwright.api.cli.once import OnceCommand
from heapwright.api.cli.options import (
    PLATFORM_VARIABLE,
    AllocateOption,
    AlternativesOption,
    BackendName,
    BoardArgument,
    CellsOption,
    DrmInfoOption,
    DtbOption,
    ExampleOption,
    GapOption,
    HoldOption,
    HostOption,
    JsonOption,
    KernelOption,
    LiveOption,
    MarkdownOption,
    NameOption,
    OnlyOption,
    OutputOption,
    PageOption,
    PinOption,
    PipelineFiles,
    PlatformOption,
    PortOption,
    ReachOption,
    SchemaName,
    SourcesOption,
    StatsOption,
    StrictOption,
    TimeLimitOption,
    V4l2Option,
    VerifiedArgument,
    VersionOption,
    WhyNotOption,
)
from heapwright.api.cli.process.exits import Exit, exit_with, guarded
from heapwright.api.cli.process.interrupts import raise_on_interrupt
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
    gap: GapOption = 0.0,
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
        gap=gap,
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


def list_platforms(as_json: JsonOption = False) -> int:
    """The boards that come with heapwright, one a line."""
    from heapwright.api.cli.commands.boards import list_boards

    return list_boards(as_json=as_json)


def show_platform(
    name: BoardArgument,
    as_json: JsonOption = False,
    kernel: KernelOption = None,
    cited: SourcesOption = False,
    reach: ReachOption = False,
) -> int:
    """A board as the solver sees it: an address map, heaps, devices, and who reaches what."""
    from heapwright.api.cli.commands.boards import show_board

    if reach and not as_json:
        raise typer.BadParameter("goes with --json; the drawing shows it anyway", param_hint="--reach")
    return show_board(name, as_json=as_json, kernel=kernel, cited=cited, reach=reach)


def cover_platforms(
    as_json: JsonOption = False,
    markdown: PageOption = False,
) -> int:
    """How much is known of each board: facts, unknowns, sources."""
    from heapwright.api.cli.commands.boards import cover_boards

    return cover_boards(as_json=as_json, as_markdown=markdown)


def check_platforms(files: Annotated[list[str], typer.Argument(metavar="FILE")]) -> int:
    """Read profiles, boards and parts, and report everything wrong with them."""
    from heapwright.api.cli.commands.boards import check_boards

    return check_boards(files)


def verify(
    platform: VerifiedArgument,
    to: CellsOption = None,
    only: OnlyOption = None,
) -> int:
    """What a profile predicts beside what the kernel of this machine does, buffer by buffer."""
    from heapwright.api.cli.commands.verify import run as compare

    raise_on_interrupt()
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
    to: OutputOption = None,
    name: NameOption = THIS_MACHINE,
    as_json: JsonOption = False,
    dtb: DtbOption = None,
    drm_info: DrmInfoOption = None,
    v4l2: V4l2Option = None,
) -> int:
    """Read the running machine, or files about another, into a platform profile."""
    from heapwright.api.cli.commands.discover import MachineFiles
    from heapwright.api.cli.commands.discover import discover as look

    raise_on_interrupt()
    return look(
        to,
        name,
        as_json=as_json,
        files=MachineFiles(tuple(dtb or ()), tuple(drm_info or ()), tuple(v4l2 or ())),
    )


SERVE_HELP: Final = """Answer over HTTP: POST /v1/plans; /docs describes the rest."""
SERVE_EXAMPLES: Final = """\b
Exit status:
  0    ended by Ctrl-C            5    the port is in use; nothing was started
  2    bad input
"""


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
) -> int:
    """Command `serve`; see SERVE_HELP."""
    from heapwright.api.cli.commands.serve import serve as serve_http

    raise_on_interrupt()
    return serve_http(host, port)


def schema(document: Annotated[SchemaName | None, typer.Argument(help="Only this one.")] = None) -> int:
    """The JSON schemas of pipelines, platforms and answers."""
    from heapwright.api.cli.commands.schemas import print_schemas

    return print_schemas(document.value if document else None)


def solve_app() -> typer.Typer:
    """The command `solve`."""
    app = _app(add_completion=True)
    app.command(cls=OnceCommand, help=SOLVE_HELP, epilog=SOLVE_EXAMPLES)(solve)
    return app


def heapwright_app() -> typer.Typer:
    """The umbrella command `heapwright`."""
    app = _app(
        add_completion=True,
        no_args_is_help=True,
        about="Which memory must shared DMA buffers live in, and how must they lie?",
    )
    command = partial(app.command, cls=OnceCommand)
    command(help=SOLVE_HELP, epilog=SOLVE_EXAMPLES)(solve)
    boards = _app(no_args_is_help=True, about="The boards, and profiles of your own.")
    board_command = partial(boards.command, cls=OnceCommand)
    board_command("list")(list_platforms)
    board_command("show")(show_platform)
    board_command("check")(check_platforms)
    board_command("coverage")(cover_platforms)
    app.add_typer(boards, name="platforms")
    command()(verify)
    command(help=DISCOVER_HELP, epilog=DISCOVER_EXAMPLES)(discover)
    command(help=SERVE_HELP, epilog=SERVE_EXAMPLES)(serve)
    command()(schema)
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
    return guarded(
        lambda: typer.main.get_command(app).main(arguments, prog_name=name, standalone_mode=False), name
    )


def solve_main() -> None:
    """Entry point of the script `solve`."""
    exit_with(run(solve_app(), "solve"))


def heapwright_main() -> None:
    """Entry point of the script `heapwright`."""
    exit_with(run(heapwright_app(), "heapwright"))


__all__ = ["Exit", "heapwright_app", "heapwright_main", "run", "solve_app", "solve_main"]
