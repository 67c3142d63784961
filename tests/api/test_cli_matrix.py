"""`solve -p all`: boards against pipelines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heapwright.platforms import catalog
from tests.api.questions import RECORD, Command


@pytest.fixture
def two_boards(monkeypatch: pytest.MonkeyPatch, small_cma: str) -> None:
    """Only acme-one, where the pipeline fits, and a variant where it does not."""
    load = catalog.load_platform
    monkeypatch.setattr(catalog, "board_names", lambda: ("acme-one", "small"))
    monkeypatch.setattr(catalog, "load_platform", lambda name: load(small_cma if name == "small" else name))


@pytest.mark.usefixtures("two_boards")
def test_one_infeasible_board_makes_it_1(solve: Command, record: str) -> None:
    said = solve(record, "-p", "all")
    assert said.code == 1
    header, first, second = said.out.splitlines()
    assert header.split() == ["board", "record-and-preview"]
    assert first.split() == ["acme-one", "cma", "XR24"]
    assert second.startswith("small     no: ") and "capacity" in second


@pytest.mark.usefixtures("two_boards")
def test_every_pipeline_is_a_column(solve: Command, record: str, tmp_path: Path) -> None:
    one = tmp_path / "one.yaml"
    one.write_text(
        json.dumps(RECORD | {"name": "one", "buffers": {"frame": RECORD["buffers"]["frame"] | {"count": 3}}})
    )
    said = solve(record, str(one), "-p", "all", "--markdown")
    assert said.out.splitlines()[:3] == [
        "| board | record-and-preview | one |",
        "| --- | --- | --- |",
        "| acme-one | cma XR24 | cma XR24 |",
    ]


@pytest.mark.usefixtures("two_boards")
def test_json_lists_the_answers(solve: Command, record: str) -> None:
    said = solve(record, "-p", "all", "--json")
    found = said.json
    assert found["schema"] == "heapwright/matrix/1"
    assert [(a["platform"], a["status"]) for a in found["answers"]] == [
        ("acme-one", "optimal"),
        ("small", "infeasible"),
    ]


@pytest.mark.usefixtures("two_boards")
def test_every_board_is_judged_on_the_kernel_asked_for(solve: Command, record: str) -> None:
    answers = solve(record, "-p", "all", "--kernel", "6.12", "--json").json["answers"]
    names = [one["placements"][0]["names"] for one in answers if one["status"] == "optimal"]
    assert names == [["linux,cma", "reserved"]]
    assert solve(record, "-p", "all", "--kernel", "six").code == 2


@pytest.fixture
def board_without_cma(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """acme-one, and one whose only heap is called otherwise."""
    other = tmp_path / "other.yaml"
    heaps = (
        "heaps: {cma: null, pool: {via: dma-heap, memory: [cma], run: whole, cpu: cached, source: a test}}"
    )
    other.write_text(f"schema: heapwright/platform/1\nname: other\nextends: acme-one\n{heaps}\n")
    load = catalog.load_platform
    monkeypatch.setattr(catalog, "board_names", lambda: ("acme-one", "other"))
    monkeypatch.setattr(catalog, "load_platform", lambda name: load(other if name == "other" else name))


@pytest.mark.usefixtures("board_without_cma")
def test_a_board_that_lacks_what_is_pinned_has_a_row(solve: Command, record: str) -> None:
    said = solve(record, "-p", "all", "--pin", "frame:heap=cma")
    assert said.code == 1
    _, first, second = said.out.splitlines()
    assert (first.split(), second.split()) == (["acme-one", "cma", "XR24"], ["other", "no:", "pin"])
    (lacks,) = solve(record, "-p", "all", "--pin", "frame:heap=cma", "--json").json["answers"][1]["conflict"]
    assert (lacks["kind"], lacks["subject"]) == ("pin", "frame")
    assert lacks["text"] == "'frame:heap=cma': no heap 'cma'; heaps are pool, system, video-protected"


@pytest.mark.usefixtures("board_without_cma")
@pytest.mark.parametrize("pin", ["frame:heap=cmaa", "frame:colour=red", "fram:heap=cma"])
def test_a_pin_that_fits_no_board_is_bad_input(solve: Command, record: str, pin: str) -> None:
    said = solve(record, "-p", "all", "--pin", pin)
    assert said.code == 2 and said.out == ""
    assert pin in said.err
