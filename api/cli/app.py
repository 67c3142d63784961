"""The command line: `solve`, and `heapwright` around it (design §9).

Only typer is imported here. What a command needs, it imports when it runs, so
that `solve --help` and shell completion answer at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import typer

from heapwright.api.cli.once import OnceCommand
from heapwright.api.cli.options import VersionOption
from heapwright.api.cli.process.exits import Exit, exit_with, guarded
from heapwright.api.cli.solve_command import SOLVE_EXAMPLES, SOLVE_HELP, solve
from heapwright.api.cli.umbrella_commands import (
    DISCOVER_EXAMPLES,
    DISCOVER_HELP,
    SERVE_EXAMPLES,
    SERVE_HELP,
    check_platforms,
    cover_platforms,
    discover,
    list_platforms,
    schema,
    serve,
    show_platform,
    verify,
)


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
