"""Cases of one pool over time.

A pool's state is what is live: `live:` placements of earlier answers. They may lie
anywhere, so runs that may find no hole are refused. Where a case expects success because
of where the holes are, addresses are kept aside, first fit, to see that they are there:
of that an answer knows nothing.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError

from heapwright import Options, solve
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.question.pipeline import Pipeline

from .cases import World
from .party import Unreadable
from .reading import Malformed, needed, optional, words
from .remarks import is_remark
from .scope import OutOfScope
from .wanted import UnknownKey, contradictions, layers

_KEYS: Final = {"id", "api", "pool_bytes", "block", "steps", "asserted", "derived"}
_STEP_KEYS: Final = {
    "allocate": {"do", "size", "count", "contiguous", "expect"},
    "free": {"do", "index"},
    "free_every_second": {"do", "count"},
    "repeat_until_total": {"do", "total", "body"},
}
HISTORY: Final = "where holes are"


class _Pool:
    """A heap of contiguous memory, and what is live in it."""

    def __init__(self, size: int, block: int) -> None:
        self.size = size
        self.block = block
        self.live: list[Placement] = []
        self.starts: list[int] = []
        """Where each live buffer would begin, first fit."""
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
        try:
            asked = [Pipeline.model_validate(pipeline)]
        except ValidationError:
            self.failed += 1
            return False
        answer = solve(self.platform, asked, live=self.live, options=Options(explain=False))
        if not isinstance(answer, Plan):
            self.failed += 1
            return False
        self._take(answer.placements[0], count)
        return True

    def _take(self, placement: Placement, count: int) -> None:
        for _ in range(count):
            self.starts.append(self.hole(placement.allocated))
            self.live.append(placement.model_copy(update={"count": 1}))
        self.fullest = max(self.fullest, self.used)

    def take_where_holes_are(self, size: int, count: int) -> bool:
        """Whether `count` more buffers find holes, first fit; if so they are live."""
        buffer = {"bytes": size, "count": count, "written_by": "fpga.write"}
        data = {"schema": "heapwright/pipeline/1", "name": "holes", "buffers": {"frame": buffer}}
        answer = solve(self.platform, [Pipeline.model_validate(data)], options=Options(explain=False))
        if not isinstance(answer, Plan):
            return False
        [placement] = answer.placements
        before = len(self.live), self.fullest
        self._take(placement, count)
        if all(start + placement.allocated <= self.size for start in self.starts[before[0] :]):
            self.failed -= 1
            return True
        del self.live[before[0] :], self.starts[before[0] :]
        self.fullest = before[1]
        return False

    def hole(self, size: int) -> int:
        """Where a buffer of that size would begin; beyond the end if no hole holds it."""
        at = 0
        for start, placement in sorted(zip(self.starts, self.live, strict=True), key=lambda each: each[0]):
            if start - at >= size:
                break
            at = max(at, start + placement.allocated)
        return at

    def free(self, which: set[int]) -> None:
        """These of the live buffers are given back."""
        kept = [number for number in range(len(self.live)) if number not in which]
        self.live = [self.live[number] for number in kept]
        self.starts = [self.starts[number] for number in kept]


def pool(world: World, case: dict[str, Any]) -> list[str]:
    """Replay a pool's life.

    Raises:
        Malformed: there are no steps, or a step is none.
        UnknownKey: the case says something that we cannot read.
        OutOfScope: it lives on where holes are.
    """
    unknown = sorted(key for key, value in case.items() if key not in _KEYS and not is_remark(key, value))
    if unknown:
        raise UnknownKey(", ".join(unknown))
    try:
        found = _Pool(
            optional(case, "pool_bytes", world.environment.max_total_bytes),
            optional(case, "block", world.environment.page_size),
        )
    except ValidationError as error:
        raise Malformed(words(error, "pool")) from error
    wrong: list[str] = []
    history = _steps(found, needed(case, "steps", list), wrong)
    if wrong:
        return wrong
    if history:
        raise OutOfScope(HISTORY)
    ours = {"allocations_failed": found.failed, "free_at_high_water": found.size - found.fullest}
    stated = {layer: optional(case, layer, {}) for layer in ("asserted", "derived")}
    wrong = [*contradictions(stated)]
    for wanted in layers(stated):
        wrong += [
            f"{key}: wanted {wanted[key]}, got {ours[key]}"
            for key in ours
            if key in wanted and wanted[key] != ours[key]
        ]
        unknown += [
            key
            for key, value in wanted.items()
            if key not in (*ours, "allocations_failed_fragmentation") and not is_remark(key, value)
        ]
    if unknown and not wrong:
        raise UnknownKey(", ".join(sorted(unknown)))
    return wrong


def _steps(found: _Pool, steps: list[Any], wrong: list[str]) -> bool:
    """Take the steps; whether one of them succeeds by where holes are."""
    history = False
    for number, step in enumerate(steps):
        where = f"step {number}: "
        if not isinstance(step, dict):
            raise Malformed(f"{where}expected an object, got {step!r:.60}")
        do = needed(step, "do", str, where)
        if do not in _STEP_KEYS:
            raise Unreadable(f"unknown step {do}")
        unknown = [k for k, value in step.items() if k not in _STEP_KEYS[do] and not is_remark(k, value)]
        if unknown:
            raise UnknownKey(", ".join(unknown))
        match do:
            case "allocate":
                history |= _allocate(found, step, where, wrong)
            case "free":
                index = optional(step, "index", 0, where)
                if not 0 <= index < len(found.live):
                    raise Malformed(f"{where}free of buffer {index}, {len(found.live)} are live")
                found.free({index})
            case "free_every_second":
                count = optional(step, "count", -(-len(found.live) // 2), where)
                found.free(set(range(0, len(found.live), 2)[:count]))
            case _:
                before = list(found.live)
                history |= _steps(found, needed(step, "body", list, where), wrong)
                if found.live != before:
                    wrong.append(f"{where}something stays behind at every turn")
    return history


def _allocate(found: _Pool, step: dict[str, Any], where: str, wrong: list[str]) -> bool:
    """Allocate; whether it is expected to succeed, and does so by where holes are."""
    size, count = needed(step, "size", int, where), optional(step, "count", 1, where)
    expect = optional(step, "expect", "ok", where)
    if expect not in ("ok", "fail"):
        raise Malformed(f"{where}expect: ok or fail, got {expect!r}")
    if count < 1:
        raise Malformed(f"{where}count: expected 1 or more, got {count}")
    ok = found.allocate(size, count)
    if ok == (expect == "ok"):
        return False
    if not ok and found.take_where_holes_are(size, count):
        return True
    wrong.append(f"{where}allocate {count} of {size}: wanted {expect}, got {'ok' if ok else 'fail'}")
    return False
