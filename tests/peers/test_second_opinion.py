"""Random collections: our answer beside that system's own algorithm.

Where it answers, we answer the same or better; where it fails, we fail too,
unless its failure is a known gap and our answer keeps every statement.
"""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import pytest

from . import model, soundness
from .cases import Node, environment, read_world
from .files import OURS
from .negotiate import Answer, Failure, Negotiation

DATA = json.loads(OURS.read_text())
WORLD = read_world(DATA)
FORMATS = ("R8G8B8A8", "B8G8R8A8", "B8G8R8", "R5G6B5", "NV12", "I420", "YUY2")
SEEDS = 300


def sometimes(dice: Random, chance: float, **fields: Any) -> dict[str, Any]:
    """Each field with one of its values, or not at all."""
    return {key: dice.choice(values) for key, values in fields.items() if dice.random() < chance}


def participant(dice: Random, formats: list[str]) -> dict[str, Any]:
    """A participant that mostly agrees with the others on the formats."""
    usage = dice.choice(
        [
            {"cpu": ["read_often", "write_often"]}, {"cpu": ["read"]}, {"display": ["layer"]}, {"vulkan": ["sampled"]},
            {"vulkan": ["transfer_dst"]}, {"video": ["hw_decoder"]}, {"none": True}, {"cpu": ["write"], "display": ["layer"]},
        ]
    )  # fmt: skip
    count = {"camping": dice.randint(0, 4)} | sometimes(
        dice, 0.2, dedicated_slack=[1, 2], shared_slack=[1, 2], min=[1, 3, 6], max=[4, 8, 12]
    )
    mem = sometimes(
        dice, 0.3, min_size=[0, 4096, 30000], max_size=[65536, 400000, 1 << 20], contiguous=[True, False]
    )
    if dice.random() < 0.2:
        mem["domains"] = sometimes(
            dice, 0.5, cpu=[True, False], ram=[True, False], inaccessible=[True, False]
        )
    if dice.random() < 0.2:
        mem["heaps"] = dice.sample(["system_ram", "cma", "goldfish_device_local"], dice.randint(1, 3))
    if dice.random() < 0.1:
        formats = ["DO_NOT_CARE"]
    images = [image(dice, name) for name in formats if dice.random() < 0.85]
    return {"usage": usage, "count": count, "mem": mem, "images": images}


def image(dice: Random, name: str) -> dict[str, Any]:
    """One alternative, with few statements at a time."""
    sizes = [[1, 1], [30, 20], [64, 64], [200, 100], [100, 200], [256, 256]]
    found = sometimes(
        dice,
        0.2,
        min_size=sizes,
        max_size=[[200, 200], [255, 255], [1000, 1000]],
        min_bpr=[1, 100, 300],
        max_bpr=[256, 1000, 5000],
        max_area=[4096, 50000, 100000],
        size_align=[[1, 1], [2, 4], [16, 8], [32, 1]],
        bpr_divisor=[1, 3, 16, 64, 96, 256],
        bpr_at_pixel=[True, False],
        required_max_list=[[size] for size in sizes] + [[[200, 100], [100, 200]]],
    )
    found |= sometimes(dice, 0.05, required_min=sizes, alpha=[True, False])
    colours = ["DO_NOT_CARE"]
    if name in FORMATS and dice.random() < 0.9:
        known = (
            ["SRGB", "PASSTHROUGH"]
            if WORLD.formats[name].colour == "rgb"
            else ["REC601_PAL", "REC709", "PASSTHROUGH"]
        )
        colours = dice.sample(known, dice.randint(2, len(known)))
    return {"formats": [[name, "LINEAR"]], "color_spaces": colours, **found}


def collection(seed: int) -> list[dict[str, Any]]:
    dice = Random(seed)
    formats = dice.sample(FORMATS, dice.randint(0, 3))
    return [participant(dice, formats) for _ in range(dice.randint(1, 3))]


def outcome(stated: list[dict[str, Any]]) -> tuple[model.Merged | model.Fail, Answer | Failure, Negotiation]:
    """Their answer and ours."""
    nodes = [
        Node.model_validate({"id": f"p{n}", "type": "participant", "constraints": said})
        for n, said in enumerate(stated)
    ]
    negotiation = Negotiation(WORLD, environment(WORLD), nodes, "v2")
    try:
        theirs: model.Merged | model.Fail = model.negotiate(stated, DATA)
    except model.Fail as failure:
        theirs = failure
    return theirs, negotiation.settle(), negotiation


@pytest.mark.parametrize("start", range(0, SEEDS, 50))
def test_we_answer_as_that_system_does(start: int) -> None:
    for seed in range(start, start + 50):
        theirs, ours, negotiation = outcome(collection(seed))
        if isinstance(ours, Answer):
            assert not soundness.broken(ours, WORLD, negotiation.limits), seed
        if isinstance(theirs, model.Fail):
            assert isinstance(ours, Failure) or theirs.gap, (seed, str(theirs))
            continue
        assert isinstance(ours, Answer), (seed, ours.reason)
        assert ours.placement.count == theirs["count"], seed
        assert (ours.variant.heap, ours.variant.domain) == (theirs["heap"], theirs["domain"]), seed
        assert ours.size_bytes <= theirs["size"], seed
        if "format" in theirs and ours.pair == (theirs["format"], "LINEAR"):
            assert ours.colour == theirs["colour"], seed
            assert sorted(layout.strides[0] for layout in ours.layouts) == theirs["strides"], seed


def test_the_collections_are_of_all_sorts() -> None:
    sorts: Counter[str] = Counter()
    for seed in range(SEEDS):
        try:
            found = model.negotiate(collection(seed), DATA)
            sorts["image" if "format" in found else "raw"] += 1
        except model.Fail as failure:
            sorts["gap" if failure.gap else str(failure)] += 1
    assert sorts["image"] > SEEDS // 5, sorts
    assert (
        min(sorts[name] for name in ("raw", "gap", "formats", "count", "no domain", "contradiction")) > 0
    ), sorts
