"""A ranking of modifiers: what our costs say of an image in each of them.

That system has a table of costs; we have bytes moved. A ranking is kept where no
modifier costs us more than one that the table calls worse, and equals cost the same,
unless compression makes one better.
What a format loses of the picture is left out: that table ranks formats by bytes alone.
Modifiers that move the same bytes are equal to us, whatever the table says; transaction
elimination (`+TE`), which DRM has no modifier for, leaves bytes where they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.solve import Options, solve

from .cases import World
from .names import FOURCC, fourcc, modifier_name
from .negotiate import Waiting, waits_for
from .party import LINEAR
from .reading import Malformed, optional
from .remarks import is_remark
from .wanted import UnknownKey, spelt

_KEYS: Final = {
    "id", "api", "platform", "usage", "pixel_format", "modifier", "worst_to_best", "equal_cost"
}  # fmt: skip
"""`platform` and `usage` say which table of theirs is meant; our bytes are the same on all."""
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
    levels = {level.term: level for level in answer.levels}
    before = [level.value for level in answer.levels[: [*levels].index("load")] if level.term != "picture"]
    parts = levels["load"].parts
    assert parts is not None
    return (*before, parts.traffic)


def preference(world: World, case: dict[str, Any]) -> list[str]:
    """What of a ranking our costs do not keep.

    Of modifiers that the table calls equal those that do not compress must cost the same, and
    those that do no more; of two that it ranks, the better one must not cost more, and not all
    may cost the same.

    Raises:
        Malformed: nothing is ranked, or the file has no such format.
        UnknownKey: the case says something that we cannot read.
        Waiting: DRM has too few of the modifiers to compare any.
    """
    unknown = sorted(key for key, value in case.items() if key not in _KEYS and not is_remark(key, value))
    if unknown:
        raise UnknownKey(", ".join(unknown))
    ranked = [_pair(world, case, entry) for entry in optional(case, "worst_to_best", [])]
    equals = [[_pair(world, case, entry) for entry in one] for one in _equals(case)]
    if not ranked and not equals:
        raise Malformed("neither worst_to_best nor equal_cost ranks anything")
    for listed in [ranked, *equals] if ranked else equals:
        if len(listed) < 2:
            raise Malformed(f"a ranking of {len(listed)}: expected two or more")
    pairs = dict.fromkeys([*ranked, *(pair for one in equals for pair in one)])
    found = {pair: costs(*_bare(pair)) for pair in pairs}
    wrong = [*_contradictions(ranked, equals)]
    compared = False
    known = [(pair, cost) for pair in ranked if (cost := found[pair]) is not None]
    for (worse, cheap), (better, dear) in combinations(known, 2):
        compared = True
        if dear > cheap:
            wrong.append(f"{_text(better)} costs {dear}, {_text(worse)} only {cheap}")
    layouts = {_bare(pair) for pair, _ in known}
    if len(layouts) > 1 and len({cost for _, cost in known}) < 2:
        wrong.append("all of them cost the same")
    for one in equals:
        same = [(pair, cost) for pair in one if (cost := found[pair]) is not None]
        compared |= len(same) > 1
        plain = [(pair, cost) for pair, cost in same if not _compressed(pair)]
        for pair, cost in plain[1:]:
            if cost != plain[0][1]:
                wrong.append(f"{_text(pair)} costs {cost}, its equal {_text(plain[0][0])} {plain[0][1]}")
        for pair, cost in same:
            if plain and cost > plain[0][1]:
                wrong.append(f"{_text(pair)} costs {cost}, its equal {_text(plain[0][0])} only {plain[0][1]}")
    if not compared and not wrong:
        raise Waiting(*sorted(waits_for(pair[1]) for pair in pairs if found[pair] is None))
    return wrong


def _bare(pair: tuple[str, str]) -> tuple[str, str]:
    """The same without transaction elimination, which leaves bytes where they are."""
    return pair[0], pair[1].removesuffix("_TE").replace("ARM_LINEAR", LINEAR)


def _compressed(pair: tuple[str, str]) -> bool:
    """Whether it may move fewer bytes than the image has: then it may be better to us than its equals."""
    return any(word in pair[1] for word in ("AFBC", "CCS", "COMPRESSED"))


def _equals(case: dict[str, Any]) -> list[list[Any]]:
    """The lists of equal ones: one list, or a list of lists that are no pairs."""
    listed: list[Any] = optional(case, "equal_cost", [])
    if listed and all(isinstance(one, list) and not _is_pair(one) for one in listed):
        return listed
    return [listed] if listed else []


def _is_pair(entry: list[Any]) -> bool:
    """Whether a list is [format, modifier] rather than a list of modifiers."""
    return len(entry) == 2 and entry[0] in FOURCC


def _pair(world: World, case: dict[str, Any], entry: Any) -> tuple[str, str]:
    """An entry of a ranking: a modifier, a pixel format, or a pair of both."""
    match entry:
        case dict() if set(entry) <= {"pixel_format", "modifier"}:
            fmt, modifier = entry.get("pixel_format", case.get("pixel_format")), entry.get("modifier")
        case [fmt, modifier]:
            pass
        case str() if entry in world.formats:
            fmt, modifier = entry, case.get("modifier")
        case str() | None:
            fmt, modifier = case.get("pixel_format"), entry
        case _:
            raise Malformed(f"a ranking has modifiers, got {entry!r:.60}")
    if not isinstance(fmt, str) or fmt not in world.formats:
        raise Malformed("no pixel_format" if fmt is None else f"pixel_format: the file has no format {fmt}")
    if not isinstance(modifier, str | None):
        raise Malformed(f"a modifier is text, got {modifier!r:.60}")
    return fmt, spelt(modifier) or LINEAR


def _contradictions(ranked: list[tuple[str, str]], equals: list[list[tuple[str, str]]]) -> Iterator[str]:
    """Where the case contradicts itself: a modifier better than itself, or than its equal."""
    if len(set(ranked)) < len(ranked):
        yield "the case contradicts itself: worst_to_best has one of them twice"
    for one in equals:
        both = [_text(pair) for pair in ranked if pair in one]
        if len(set(both)) > 1:
            yield f"the case contradicts itself: {' and '.join(both)} are ranked, and equal"


def _text(pair: tuple[str, str]) -> str:
    return " ".join(pair)
