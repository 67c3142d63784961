"""Options that are given twice: refused, where all but the last value would go unheeded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from heapwright.api.cli.app import heapwright_app, solve_app
from heapwright.api.cli.options import PLATFORM_VARIABLE
from tests.api.questions import Command

LISTS = {"--example", "--pin", "--live", "--only", "--dtb", "--drm-info", "--v4l2"}
"""Each value of these counts."""


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that lead to it."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from commands(inner, *path, name)


COMMANDS = dict(commands(typer.main.get_command(heapwright_app())))
VALUED = [
    (path, option)
    for path, command in COMMANDS.items()
    for option in command.params
    if option.param_type_name == "option" and not option.is_flag
]


def named(value: Any) -> str:
    return value.opts[-1] if hasattr(value, "opts") else " ".join(value)


def test_every_command_is_looked_at() -> None:
    assert {" ".join(path) for path in COMMANDS} == {
        "solve", "verify", "discover", "serve", "schema",
        "platforms list", "platforms show", "platforms check", "platforms coverage",
    }  # fmt: skip
    assert type(typer.main.get_command(solve_app())) is type(COMMANDS[("solve",)])


def test_the_options_that_make_a_list_are_these() -> None:
    assert {named(option) for _, option in VALUED if option.multiple} == LISTS


@pytest.mark.parametrize(
    ("path", "option"), [each for each in VALUED if named(each[1]) not in LISTS], ids=named
)
def test_an_option_of_one_value_is_given_once(
    heapwright: Command, path: tuple[str, ...], option: Any
) -> None:
    said = heapwright(*path, option.opts[0], "1", option.opts[-1], "2")
    assert (said.code, said.out) == (2, "")
    assert named(option) in said.err
    assert "takes one value and was given several" in said.err


def test_the_last_of_two_boards_is_not_taken(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--platform", "rk3588")
    assert (said.code, said.out) == (2, "")
    assert "'-p' / '--platform': takes one value and was given several" in said.err


def test_an_option_without_a_value_may_be_said_twice(solve: Command, record: str) -> None:
    assert solve(record, "-p", "acme-one", "--json", "--json").json["status"] == "optimal"


def test_completion_of_a_line_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PLATFORM_VARIABLE, raising=False)
    command = typer.main.get_command(solve_app())
    context = command.make_context("solve", ["-p", "acme-one", "-p", "rk"], resilient_parsing=True)
    assert context.params["platform"] == "rk"
