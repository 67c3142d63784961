"""The commands of the umbrella `heapwright` beside `solve`: their options and their help."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from heapwright.api.cli.options import (
    BoardArgument,
    CellsOption,
    DrmInfoOption,
    DtbOption,
    HostOption,
    JsonOption,
    KernelOption,
    NameOption,
    OnlyOption,
    OutputOption,
    PageOption,
    PortOption,
    ReachOption,
    SchemaName,
    SourcesOption,
    V4l2Option,
    VerifiedArgument,
)
from heapwright.api.cli.process.interrupts import raise_on_interrupt
from heapwright.api.cli.request import THIS_MACHINE


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
