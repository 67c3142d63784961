"""What a terminal says while a search goes on, and that nobody else hears of it."""

from __future__ import annotations

import io
import os
import pty
import subprocess
from collections.abc import Callable

import pytest

import heapwright
from heapwright.api.cli.output import progress
from heapwright.api.cli.output.progress import ProgressLine
from tests.api.test_cli_process import ROOT, SEARCHED, SOLVE
from tests.unit.solver.test_search import crowded


class Terminal(io.StringIO):
    """Standard error that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Callable[[io.StringIO], io.StringIO]:
    def replaced(stream: io.StringIO) -> io.StringIO:
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.setenv("TERM", "xterm-256color")
        return stream

    return replaced


def told(shown: ProgressLine) -> None:
    """Show the line before there is a plan, and after each."""
    platform, asked = crowded(12)
    shown.show()
    options = heapwright.Options(engine="cpsat")
    heapwright.solve(platform, [asked], options=options, on_improved=shown.listener)
    shown.show()


def test_a_terminal_is_told_the_level_its_bound_and_the_time(
    stderr: Callable[[io.StringIO], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SILENT", 0.0)
    terminal = stderr(Terminal())
    with ProgressLine() as shown:
        told(shown)
        assert shown.plan is not None
        levels = tuple(
            level.model_copy(update={"bound": 1_000_000}) if level.term == "load" else level
            for level in shown.plan.levels
        )
        shown.improved(shown.plan.model_copy(update={"levels": levels}))
        shown.show()
    said = terminal.getvalue()
    assert "looking for a plan · " in said
    assert "a plan was found; load is 187.60 %, and no plan has less than 100.00 % · " in said
    assert said.endswith("\x1b[2K")  # the line is gone


def test_half_a_second_is_silent(stderr: Callable[[io.StringIO], io.StringIO]) -> None:
    terminal = stderr(Terminal())
    with ProgressLine() as shown:
        shown.show()
    assert terminal.getvalue() == ""


def test_what_is_no_terminal_hears_nothing(
    stderr: Callable[[io.StringIO], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SILENT", 0.0)
    file = stderr(io.StringIO())
    with ProgressLine() as shown:
        told(shown)
        assert shown.listener is None
    assert file.getvalue() == ""


def test_an_answer_is_the_same_with_a_terminal_beside_it() -> None:
    alone = subprocess.run([*SOLVE, *SEARCHED], cwd=ROOT, capture_output=True, timeout=120)
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    beside = subprocess.run(
        [*SOLVE, *SEARCHED], cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, env=environment, timeout=120
    )
    os.close(theirs)
    os.close(ours)
    assert alone.stderr == b""
    assert (beside.returncode, beside.stdout) == (alone.returncode, alone.stdout)
