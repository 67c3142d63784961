"""`heapwright platforms`: list, show and check profiles."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, Final

from heapwright.api.cli.output.write import on_terminal, show, write, write_json
from heapwright.api.cli.process.exits import Exit, to_stderr
from heapwright.api.documents.profile import as_profile
from heapwright.platforms.catalog import check_profile, doubts, load_platform, notes, summaries
from heapwright.platforms.errors import InputError
from heapwright.platforms.kernels import on_kernel
from heapwright.solver.answer.render import Grid, printable

if TYPE_CHECKING:
    from heapwright.platforms.schema import Platform

REACH_SCHEMA: Final = "heapwright/reach/1"
NARROWEST: Final = 60
WIDEST: Final = 160


def list_boards(*, as_json: bool) -> Exit:
    """Print the boards; piped, one a line with its name first."""
    found = summaries()
    if as_json:
        write_json(
            [{"name": board.name, "title": board.title, "kernel": board.kernel} for board in found], None
        )
    elif on_terminal():
        rows = tuple((board.name, board.kernel, printable(board.title)) for board in found)
        show([Grid(("board", "kernel", "title"), rows)], None)
    else:
        write("".join(f"{board.name}\t{printable(board.title)}\n" for board in found), None)
    return Exit.PLAN


def show_board(
    name: str, *, as_json: bool, kernel: str | None = None, cited: bool = False, reach: bool = False
) -> Exit:
    """Print one board as the solver sees it, on its own kernel or another."""
    from heapwright.api.drawing.page import page

    read = load_platform(name)
    platform = read if kernel is None else on_kernel(read, kernel)
    if as_json:
        write_json(_reach(platform) if reach else as_profile(platform), None)
    else:
        found = page(
            platform, _width(), read_from=str(read.kernel), cited=cited, ascii_only=not _beyond_ascii()
        )
        show(found, None)
    return Exit.PLAN


def _reach(platform: Platform) -> dict[str, Any]:
    """Who reaches what, as data: a verdict for every port and heap."""
    from heapwright.api.drawing.reach import verdicts

    return {
        "schema": REACH_SCHEMA,
        "platform": platform.name,
        "kernel": platform.kernel,
        "reach": [verdict._asdict() for verdict in verdicts(platform)],
    }


def _width() -> int:
    """Columns to draw on: the terminal's, $COLUMNS, or 80."""
    return min(max(get_terminal_size((80, 24)).columns, NARROWEST), WIDEST)


def _beyond_ascii() -> bool:
    encoding = (sys.stdout.encoding if sys.stdout is not None else None) or "ascii"
    return encoding.lower().replace("-", "").startswith("utf")


def cover_boards(*, as_json: bool, as_markdown: bool) -> Exit:
    """Print how much is known of each board, in numbers or as a page."""
    from heapwright.api.drawing import coverage

    if as_json:
        write_json(coverage.as_data(), None)
    elif as_markdown:
        write(coverage.page(), None)
    else:
        show([coverage.grid()], None)
    return Exit.PLAN


def _sound(platform: Platform | None) -> str:
    if platform is None:
        return "this part is sound by itself; what it leaves to a board is checked with one that extends it"
    counts = (len(platform.memory), len(platform.heaps), len(platform.devices))
    return "{} is sound ({} memories, {} heaps, {} devices)".format(platform.name, *counts)


def check_boards(files: Sequence[str]) -> Exit:
    """Say of each profile, board or part, that it is sound, or everything that is wrong with it."""
    code = Exit.PLAN
    for file in files:
        try:
            platform = check_profile(file)
        except InputError as error:
            to_stderr("\n".join(str(problem) for problem in error.problems))
            code = Exit.BAD_INPUT
            continue
        doubted = doubts(file) if platform is not None else ()
        if doubted:
            to_stderr("\n".join(str(problem) for problem in doubted))
            code = Exit.BAD_INPUT
        else:
            write(f"{printable(file)}: {_sound(platform)}\n", None)
        for note in notes(file):
            to_stderr(str(note))
    return code
