"""Cases of one pool over time, and cases of one image's layout.

A pool's state is what is live: `live:` placements of earlier answers. A plan
promises by sizes and never by addresses, so holes left by earlier frees are not
ours to foresee.
"""

from __future__ import annotations

from math import lcm
from typing import Any, Final

from platforms.schema import Platform
from solver import Options, solve
from solver.pipeline import Pipeline
from solver.plan import Placement, Plan

from .cases import World
from .expected import UnknownKey
from .names import fourcc, modifier_name
from .negotiate import Waiting, waits_for
from .party import LINEAR, Unreadable
from .scope import OutOfScope
from .translate import LARGEST

_POOL_KEYS: Final = {
    "id",
    "source",
    "source_test",
    "note",
    "category",
    "pool_bytes",
    "block",
    "steps",
    "asserted",
    "api",
}
_LAYOUT_KEYS: Final = {
    "id", "source", "source_test", "note", "category", "api", "pixel_format", "modifier", "width_range", "height_range",
    "bpr_divisor", "min_bpr", "max_bpr", "bpr_at_pixel", "checks",
}  # fmt: skip
HISTORY: Final = "holes left by earlier frees"


class _Pool:
    """A heap of contiguous memory, and what is live in it."""

    def __init__(self, size: int, block: int) -> None:
        self.size = size
        self.block = block
        self.live: list[Placement] = []
        self.failed = 0
        self.fullest = 0
        self.platform = Platform.model_validate(
            {
                "schema": "heapwright/platform/1",
                "name": "pool",
                "page": block,
                "memory": {"pool": {"base": 0, "size": size, "source": "case file"}},
                "heaps": {
                    "pool": {
                        "via": "dma-heap",
                        "memory": ["pool"],
                        "run": "whole",
                        "cpu": "cached",
                        "source": "case file",
                    }
                },
                "devices": {
                    "user": {
                        "kind": "fpga",
                        "dma": {"bits": 64},
                        "source": "case file",
                        "ports": {"write": {"access": "write", "source": "case file"}},
                    }
                },
            }
        )

    @property
    def used(self) -> int:
        return sum(placement.allocated * placement.count for placement in self.live)

    def allocate(self, size: int, count: int) -> bool:
        """Whether `count` more buffers have room; if so they are live."""
        buffer = {"bytes": size, "count": count, "written_by": "fpga.write"}
        pipeline = {
            "schema": "heapwright/pipeline/1",
            "name": f"step-{len(self.live)}",
            "buffers": {"frame": buffer},
        }
        answer = solve(
            self.platform, [Pipeline.model_validate(pipeline)], live=self.live, options=Options(explain=False)
        )
        if not isinstance(answer, Plan):
            self.failed += 1
            return False
        self.live += [answer.placements[0].model_copy(update={"count": 1}) for _ in range(count)]
        self.fullest = max(self.fullest, self.used)
        return True


def pool(world: World, case: dict[str, Any]) -> list[str]:
    """Replay a pool's life."""
    unknown = sorted(set(case) - _POOL_KEYS)
    if unknown:
        raise UnknownKey(", ".join(unknown))
    found = _Pool(
        case.get("pool_bytes", world.environment.max_total_bytes),
        case.get("block", world.environment.page_size),
    )
    wrong: list[str] = []
    history = _steps(found, case["steps"], wrong)
    if wrong:
        return wrong
    if history:
        raise OutOfScope(HISTORY)
    ours = {"allocations_failed": found.failed, "free_at_high_water": found.size - found.fullest}
    wanted = case.get("asserted", {})
    unread = sorted(set(wanted) - set(ours) - {"allocations_failed_fragmentation"})
    if unread:
        raise UnknownKey(", ".join(unread))
    return [
        f"{key}: wanted {wanted[key]}, got {ours[key]}"
        for key in ours
        if key in wanted and wanted[key] != ours[key]
    ]


def _steps(found: _Pool, steps: list[dict[str, Any]], wrong: list[str]) -> bool:
    """Take the steps; whether one of them fails for holes alone."""
    history = False
    for step in steps:
        match step["do"]:
            case "allocate":
                free = found.size - found.used
                ok = found.allocate(step["size"], step.get("count", 1))
                if (
                    ok
                    and step.get("expect", "ok") == "fail"
                    and found.block < step["size"] <= free
                    and _holes(step)
                ):
                    found.live.pop()
                    history = True
                elif ok != (step.get("expect", "ok") == "ok"):
                    wrong.append(f"{step}: wanted {step['expect']}, got {'ok' if ok else 'fail'}")
            case "free":
                found.live.pop(step.get("index", 0))
            case "free_every_second":
                kept = found.live[1::2]
                found.live = kept + found.live[: 2 * step.get("count", len(kept)) : 2][len(kept) :]
            case "repeat_until_total":
                before = list(found.live)
                history |= _steps(found, step["body"], wrong)
                if found.live != before:
                    wrong.append(f"{step}: something stays behind at every turn")
            case other:
                raise Unreadable(f"unknown step {other}")
    return history


def _holes(step: dict[str, Any]) -> bool:
    """The file says that there is room, only not in one piece."""
    return "fragment" in str(step.get("why", ""))


def layout(world: World, case: dict[str, Any]) -> list[str]:
    """One writer's stride and plane offsets at given sizes."""
    unknown = sorted(set(case) - _LAYOUT_KEYS)
    if unknown:
        raise UnknownKey(", ".join(unknown))
    if case["modifier"] not in (LINEAR, None):
        raise Waiting(waits_for(case["modifier"]))
    wrong: list[str] = []
    for check in case["checks"]:
        wrong += _check(world, case, check)
    return wrong


def _check(world: World, case: dict[str, Any], check: dict[str, Any]) -> list[str]:
    facts = world.formats[case["pixel_format"]]
    asked = {
        "width",
        "size",
        "error",
        "min_row_bytes",
        "bytes_per_row",
        "plane_offsets",
        "plane_row_bytes",
        "image_size",
    }
    if set(check) - asked:
        raise UnknownKey(", ".join(sorted(set(check) - asked)))
    width, height = check.get("size") or (check["width"], facts.height_multiple)
    multiple = lcm(case.get("bpr_divisor") or 1, facts.sample_alignment)
    if case.get("bpr_at_pixel"):
        multiple = lcm(multiple, facts.stride_bytes_per_pixel)
    stride: dict[str, Any] = {"multiple": multiple}
    stride |= {"min": case["min_bpr"]} if case.get("min_bpr") else {}
    stride |= {"max": case["max_bpr"]} if case.get("max_bpr") else {}
    wide, high = case.get("width_range") or (1, LARGEST), case.get("height_range") or (1, LARGEST)
    rule = {
        "formats": [fourcc(case["pixel_format"])],
        "modifiers": [modifier_name(LINEAR)],
        "extent": {"min": f"{wide[0]}x{high[0]}", "max": f"{min(wide[1], LARGEST)}x{min(high[1], LARGEST)}"},
        "stride": stride,
    }
    found = _image(rule, width, height)
    if found is None:
        return [] if "error" in check else [f"{check}: no plan"]
    if "error" in check:
        return [f"{check}: wanted no plan"]
    ours = {
        "min_row_bytes": found.planes[0].stride,
        "bytes_per_row": found.planes[0].stride,
        "plane_offsets": [plane.offset for plane in found.planes],
        "plane_row_bytes": [plane.stride for plane in found.planes],
        "image_size": found.size,
    }
    return [
        f"{key}: wanted {check[key]}, got {ours[key]}"
        for key in ours
        if key in check and check[key] != ours[key]
    ]


def _image(rule: dict[str, Any], width: int, height: int) -> Placement | None:
    """The image of one CPU writer with that rule."""
    port = {"access": "write", "images": [rule], "source": "case file"}
    platform = {
        "schema": "heapwright/platform/1",
        "name": "layout",
        "memory": {"ram": {"base": 0, "size": "1GiB", "source": "case file"}},
        "heaps": {"ram": {"via": "dma-heap", "memory": ["ram"], "cpu": "cached", "source": "case file"}},
        "devices": {
            "cpu": {"kind": "cpu", "dma": {"bits": 64}, "source": "case file", "ports": {"write": port}}
        },
    }
    buffer = {"size": f"{width}x{height}", "formats": rule["formats"], "written_by": "cpu.write"}
    pipeline = {"schema": "heapwright/pipeline/1", "name": "layout", "buffers": {"frame": buffer}}
    answer = solve(
        Platform.model_validate(platform), [Pipeline.model_validate(pipeline)], options=Options(explain=False)
    )
    return answer.placements[0] if isinstance(answer, Plan) else None
