"""Sizes under modifiers, from the kernel's other drivers, Mesa, minigbm and boards: `golden_sizes.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.solver.layout.modifiers import FAMILIES
from tests.builders import board, buffer, device, image, pipeline, placed, port
from tests.docstring_examples import stated_in

GROUPS: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("golden_sizes.toml").read_text("utf-8")
)
ROWS = [
    pytest.param(row, id=f"{name}-{'-'.join(row['image'])}")
    for name, group in GROUPS.items()
    for row in group["rows"]
]


@pytest.mark.parametrize("row", ROWS)
def test_an_image_takes_what_others_say(row: dict[str, Any]) -> None:
    fourcc, modifier, extent = row["image"]
    rule = image(fourcc, modifiers=[modifier], **row.get("rule", {}))
    devices = {
        "camera": device("camera", capture=port(rule)),
        "panel": device("display", scanout=port(image(fourcc, modifiers=[modifier]))),
    }
    found = placed(board(devices=devices), pipeline(frame=buffer(size=extent)))
    assert [plane.stride for plane in found.planes] == row["strides"]
    assert [plane.offset for plane in found.planes] == row["offsets"]
    assert [plane.metadata for plane in found.planes] == row.get("metadata", [0] * len(found.planes))
    assert found.size == row["bytes"]
    assert found.modifier == row.get("named", parse_modifier(modifier).name)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__.rpartition(".")[2])
def test_the_example_in_a_docstring_is_one_of_them(family: Any) -> None:
    stated = stated_in(Path(family.__file__))
    assert stated.keys() >= {"image", "strides", "bytes"}
    assert family.claims(parse_modifier(stated["image"][1]))
    rows = [row for group in GROUPS.values() for row in group["rows"]]
    assert any({key: row.get(key) for key in stated} == stated for row in rows)


def test_there_are_enough_and_none_twice() -> None:
    images = [tuple(row["image"]) for group in GROUPS.values() for row in group["rows"]]
    assert len(images) >= 150
    # AFBC has a body elsewhere in another system: the same image may be asked with other rules.
    rows = [row for group in GROUPS.values() for row in group["rows"]]
    asked = [(*row["image"], str(row.get("rule"))) for row in rows]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__.rpartition(".")[2])
def test_every_family_is_checked(family: Any) -> None:
    modifiers = {row["image"][1] for group in GROUPS.values() for row in group["rows"]}
    assert sum(family.claims(parse_modifier(text)) for text in modifiers) >= 1


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_names_its_source(name: str) -> None:
    assert len(GROUPS[name]["source"]) > 20
