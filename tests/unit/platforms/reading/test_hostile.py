"""Two hundred malformed or hostile inputs: a clear refusal each, soon, and never anything else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from heapwright.platforms.catalog import load_platform, platform_from
from heapwright.platforms.errors import InputError, UnparsableInput
from heapwright.platforms.reading.yaml_source import read_file, read_text
from heapwright.solver.question.load import load_live, load_pipelines, pipelines_from
from tests import hostile

SECONDS = 10.0


def refusal(step: Callable[[], Any]) -> InputError:
    """The refusal of `step`, which must come soon and read well."""
    start = time.monotonic()
    with pytest.raises(InputError) as caught:
        step()
    assert time.monotonic() - start < SECONDS
    lines = str(caught.value).split("\n")
    assert len(lines) == len(caught.value.problems) >= 1
    for line in lines:
        assert line.isprintable(), line
        assert len(line) < 600, line
        assert "Traceback" not in line and "pydantic" not in line
    return caught.value


def name(case: hostile.Case) -> str:
    return case.name.replace(" ", "-")


def test_there_are_at_least_two_hundred_of_them() -> None:
    everything = (*hostile.TEXTS, *hostile.PLATFORMS, *hostile.PIPELINES)
    assert len(everything) + len(hostile.BYTES) >= 200
    assert len({case.text for case in everything}) == len(everything)


def test_the_texts_they_are_made_from_are_sound() -> None:
    assert platform_from(read_text(hostile.PLATFORM, "p.yaml")).name == "small"
    assert pipelines_from([read_text(hostile.PIPELINE, "q.yaml")])[0].name == "preview"


@pytest.mark.parametrize("case", hostile.TEXTS, ids=name)
def test_a_text_is_refused_as_a_platform(case: hostile.Case) -> None:
    assert case.says in str(refusal(lambda: platform_from(read_text(case.text, "p.yaml"))))


@pytest.mark.parametrize("case", hostile.TEXTS, ids=name)
def test_a_text_is_refused_as_a_pipeline(case: hostile.Case) -> None:
    assert case.says in str(refusal(lambda: pipelines_from([read_text(case.text, "q.yaml")])))


@pytest.mark.parametrize("case", hostile.PLATFORMS, ids=name)
def test_a_platform_is_refused(case: hostile.Case) -> None:
    error = refusal(lambda: platform_from(read_text(case.text, "p.yaml")))
    assert case.says in str(error)
    assert all(problem.file == "p.yaml" and problem.line for problem in error.problems)


@pytest.mark.parametrize("case", hostile.PIPELINES, ids=name)
def test_a_pipeline_is_refused(case: hostile.Case) -> None:
    error = refusal(lambda: pipelines_from([read_text(case.text, "q.yaml")]))
    assert case.says in str(error)
    assert all(problem.file == "q.yaml" and problem.line for problem in error.problems)


@pytest.mark.parametrize(("title", "content"), hostile.BYTES, ids=[title for title, _ in hostile.BYTES])
def test_bytes_that_are_no_text_are_refused(title: str, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / f"{title.replace(' ', '-')}.yaml"
    file.write_bytes(content)
    refusal(lambda: load_platform(file))
    refusal(lambda: load_pipelines([file]))
    refusal(lambda: load_live(file))


@pytest.mark.parametrize(("title", "body"), hostile.BODIES, ids=[title for title, _ in hostile.BODIES])
def test_json_is_refused_as_a_platform(title: str, body: bytes) -> None:
    refusal(lambda: platform_from(read_text(body, "p.json", as_json=True)))


@pytest.mark.parametrize(
    "path", ["/nonexistent/p.yaml", "/", "a\0b.yaml", "x" * 5000 + ".yaml", "/dev/null/x.yaml"]
)
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    error = refusal(lambda: read_file(path))
    assert isinstance(error, UnparsableInput)
    assert "cannot be read" in str(error) or "empty" in str(error)
