"""What Python code may get wrong when it asks: every argument is refused by its name, with what was expected."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import InputError, Options, alternatives, load_platform, solve, why_not
from heapwright.platforms.schema import Platform
from heapwright.solver.question.load import pipelines_from
from heapwright.solver.question.pins import Pin
from heapwright.solver.question.pipeline import Pipeline

HEAD = {"schema": "heapwright/pipeline/1", "name": "test"}
FRAME = {"size": "64x64", "written_by": "gpu.render"}


def ask_why_not(*about: Any, **more: Any) -> object:
    return why_not(*about, "frame:cma", **more)


def ask_alternatives(*about: Any, **more: Any) -> object:
    return alternatives(*about, 2, **more)


@pytest.fixture(scope="module")
def platform() -> Platform:
    return load_platform("acme-one")


@pytest.fixture(scope="module")
def pipelines() -> tuple[Pipeline, ...]:
    return pipelines_from([{**HEAD, "buffers": {"frame": FRAME}}])


@pytest.fixture(params=[solve, ask_why_not, ask_alternatives])
def ask(request: pytest.FixtureRequest) -> Any:
    return request.param


def refusal(ask: Any, *about: Any, **more: Any) -> str:
    with pytest.raises(InputError) as refused:
        ask(*about, **more)
    return str(refused.value)


def test_a_name_is_no_platform(ask: Any, pipelines: Any) -> None:
    expected = "platform: expected a Platform such as load_platform('acme-one'), got 'rk3588'"
    assert refusal(ask, "rk3588", pipelines) == expected


def test_a_single_pipeline_a_text_and_names_of_files_are_no_pipelines(
    ask: Any, platform: Any, pipelines: Any
) -> None:
    expected = "pipelines: expected pipelines such as load_pipelines(['record.yaml']), got "
    assert refusal(ask, platform, "record.yaml") == f"{expected}'record.yaml'"
    assert refusal(ask, platform, ["record.yaml"]).startswith(expected)
    assert refusal(ask, platform, pipelines[0]).startswith(expected)


def test_a_single_pin_is_no_list_of_pins(ask: Any, platform: Any, pipelines: Any) -> None:
    expected = "pins: expected a list of pins such as ['frame:heap=cma'], got 'frame:heap=cma'"
    assert refusal(ask, platform, pipelines, pins="frame:heap=cma") == expected
    assert refusal(ask, platform, pipelines, pins=Pin(None, "frame", "heap", "cma")).startswith("pins: ")


@pytest.mark.parametrize("gap", [-1, -0.001, 1.001, float("nan")])
def test_a_gap_is_a_share(ask: Any, platform: Any, pipelines: Any, gap: float) -> None:
    expected = f"options.gap: expected a number from 0 to 1, got '{gap}'"
    assert refusal(ask, platform, pipelines, options=Options(gap=gap)) == expected


@pytest.mark.parametrize("limit", ["time_limit", "work_limit"])
def test_there_is_no_limit_below_nothing(ask: Any, platform: Any, pipelines: Any, limit: str) -> None:
    for most in (-1, float("nan")):
        expected = f"options.{limit}: expected a number of at least 0, or None, got '{most}'"
        assert refusal(ask, platform, pipelines, options=Options(**{limit: most})) == expected


def test_what_is_just_allowed_is_answered(ask: Any, platform: Any, pipelines: Any) -> None:
    assert ask(platform, pipelines, pins=["frame:heap=cma"], options=Options(gap=0, work_limit=0))
    assert ask(platform, list(pipelines), pins=(), options=Options(gap=1))


def test_all_that_is_wrong_is_told_at_once() -> None:
    said = refusal(
        solve, "rk3588", "record.yaml", pins="frame:heap=cma", options=Options(gap=2, time_limit=-1)
    )
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "options.gap", "options.time_limit", "pins", "pipelines", "platform",
    ]  # fmt: skip
