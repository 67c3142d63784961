"""A ranking of modifiers: what our costs say of an image in each of them.

That system has a table of costs; we have bytes moved. A ranking is kept where no
modifier costs us more than one that the table calls worse. Modifiers that move the same
bytes are equal to us, whatever the table says; one that DRM does not have (transaction
elimination, `+TE`) has no layout and is left out.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

from platforms.schema import Platform
from solver.pipeline import Pipeline
from solver.plan import Plan
from solver.solving import Options, solve

from .cases import World
from .names import fourcc, modifier_name

EXTENT: Final = "2048x1024"
"""Whole tiles in every layout: what a layout pads is no cost of the layout."""


def costs(pixel_format: str, modifier: str) -> tuple[int, ...] | None:
    """The levels of the objective for one image that a GPU renders and a display shows; None without a layout."""
    rule = {"formats": [fourcc(pixel_format)], "modifiers": [modifier_name(modifier)]}
    port: dict[str, Any] = {"images": [rule], "source": "case file"}
    dma = {"bits": 40, "mmu": True}
    platform = {
        "schema": "heapwright/platform/1",
        "name": "ranking",
        "memory": {"ram": {"base": 0, "size": "1GiB", "source": "case file"}},
        "heaps": {"ram": {"via": "dma-heap", "memory": ["ram"], "cpu": "cached", "source": "case file"}},
        "devices": {
            "gpu": {
                "kind": "gpu",
                "dma": dma,
                "source": "case file",
                "ports": {"render": {"access": "write", **port}},
            },
            "panel": {
                "kind": "display",
                "dma": dma,
                "source": "case file",
                "ports": {"scanout": {"access": "read", **port}},
            },
        },
    }
    buffer = {"size": EXTENT, "written_by": "gpu.render", "read_by": "display.scanout"}
    pipeline = {"schema": "heapwright/pipeline/1", "name": "ranking", "buffers": {"frame": buffer}}
    answer = solve(
        Platform.model_validate(platform), [Pipeline.model_validate(pipeline)], options=Options(explain=False)
    )
    if not isinstance(answer, Plan):
        return None
    traffic = [level.term for level in answer.levels].index("traffic")
    return tuple(level.value for level in answer.levels[: traffic + 1])


def preference(world: World, case: dict[str, Any]) -> list[str]:
    """Pairs that our costs rank the other way round; and a ranking of which we know nothing."""
    ranked = [(name, costs(case["pixel_format"], name)) for name in case["worst_to_best"]]
    known = [(name, cost) for name, cost in ranked if cost is not None]
    wrong = [
        f"{better} costs {dear}, {worse} only {cheap}"
        for (worse, cheap), (better, dear) in combinations(known, 2)
        if dear > cheap
    ]
    if len({cost for _, cost in known}) < 2:
        wrong.append("all of them cost the same")
    return wrong
