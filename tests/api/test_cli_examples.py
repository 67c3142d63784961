"""`solve --example`: pipelines that come with heapwright, by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heapwright.api.cli.examples import example_names
from heapwright.solver.question.load import load_pipelines
from tests.api.questions import Command

EXAMPLES = Path(__file__).parents[2] / "examples"
FRAME = ("--example", "record-and-preview")
FILM = ("--example", "playback")


def test_every_pipeline_of_the_folder_is_an_example_under_its_own_name() -> None:
    files = sorted(EXAMPLES.glob("*.yaml"))
    assert example_names() == tuple(path.stem for path in files)
    assert [pipeline.name for pipeline in load_pipelines(files)] == [path.stem for path in files]


@pytest.mark.parametrize("further", [(), ("--json",), ("--why-not", "frame:system")])
def test_an_example_is_answered_as_its_file_is(solve: Command, further: tuple[str, ...]) -> None:
    said = solve(*FRAME, "-p", "acme-one", *further)
    assert said == solve(str(EXAMPLES / "record-and-preview.yaml"), "-p", "acme-one", *further)
    assert said.out


def test_examples_and_files_are_solved_together(solve: Command) -> None:
    said = solve(str(EXAMPLES / "transcode.yaml"), *FRAME, *FILM, "-p", "rk3399", "--json")
    assert said.json["pipelines"] == ["playback", "record-and-preview", "transcode"]


def test_every_example_is_a_column_of_the_table_of_boards(
    solve: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heapwright.platforms.catalog.board_names", lambda: ("acme-one",))
    header = solve(*FRAME, *FILM, "-p", "all").out.splitlines()[0]
    assert header.split() == ["board", "record-and-preview", "playback"]


def test_an_example_that_is_not_there_is_named_with_those_that_are(solve: Command) -> None:
    said = solve("--example", "record-and-prevew", "--example", "zz", *FILM, "-p", "acme-one")
    assert (said.code, said.out) == (2, "")
    first, second = said.err.splitlines()
    known = ", ".join(example_names())
    assert first == (
        "solve: no example 'record-and-prevew'; did you mean 'record-and-preview'? Examples are " + known
    )
    assert second == "solve: no example 'zz'; examples are " + known


def test_an_example_is_never_a_path(solve: Command) -> None:
    said = solve("--example", "boards/../record-and-preview", "-p", "acme-one")
    assert said.code == 2 and "no example" in said.err


def test_without_a_pipeline_it_is_said_how_to_give_one(solve: Command) -> None:
    said = solve("-p", "acme-one")
    assert (said.code, said.out) == (2, "")
    assert "PIPELINE: give a pipeline file, - for standard input, or --example NAME" in said.err


def test_the_umbrella_takes_examples_too(solve: Command, heapwright: Command) -> None:
    assert heapwright("solve", *FRAME, "-p", "acme-one") == solve(*FRAME, "-p", "acme-one")


def test_completion_offers_the_examples() -> None:
    words = {
        "_SOLVE_COMPLETE": "complete_bash",
        "COMP_WORDS": "solve --example protected-c",
        "COMP_CWORD": "2",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from heapwright.api.start import solve; solve()"],
        env={**os.environ, **words},
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.stdout.split() == ["protected-capture", "protected-composition"]
